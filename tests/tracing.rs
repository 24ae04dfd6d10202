//! From a cent to the calls behind it.

use crate::workspace::Workspace;

/// Three calls in November 2023, two of them on one day, settled.
fn settled() -> Workspace {
    let workspace = Workspace::adopted();
    let file = workspace.write(
        "calls.csv",
        "at,id,channel,product,model,host,customer,input_tokens,output_tokens\n\
         2023-11-02T10:00:00Z,00000000000000000000000000000001,direct,api,gpt-4,azure,acme,1001,7\n\
         2023-11-02T09:00:00Z,00000000000000000000000000000002,direct,chatgpt,gpt-4,azure,public,12,3\n\
         2023-11-30T23:59:59Z,00000000000000000000000000000003,direct,api,gpt-4,azure,acme,5,0\n",
    );
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    workspace.must(&["settle", "2023-11"]);
    workspace
}

#[test]
fn a_line_is_walked_to_its_calls_and_they_come_to_it() {
    let workspace = settled();
    insta::assert_snapshot!(workspace.must(&["trace", "2023-11"]));
    insta::assert_snapshot!(workspace.must(&["trace", "2023-11", "1", "--calls", "2"]));
    insta::assert_snapshot!(workspace.must(&["trace", "2023-11", "1", "--day", "2023-11-30"]));
    // A share has its clause's text, and is of what other lines say.
    let share = workspace.must(&["trace", "2023-11", "2"]);
    assert!(share.contains("revenue_share.to-microsoft"), "{share}");
    assert!(share.contains("stands on other lines"), "{share}");

    let traced = workspace.json(&["trace", "2023-11", "1"]);
    assert_eq!(traced["calls"]["rows"], 3);
    assert_eq!(traced["calls"]["sum"], traced["line"]["exact"]);
    assert_eq!(traced["calls"]["first"][0]["id"], "00000000000000000000000000000002");
}

#[test]
fn calls_that_came_later_are_not_passed_off_as_the_lines() {
    let workspace = settled();
    let late = "at,channel,product,model,host,customer,input_tokens,output_tokens\n\
                2023-11-03T10:00:00Z,direct,api,gpt-4,azure,acme,1000,0\n";
    let file = workspace.write("late.csv", late);
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    let ran = workspace.run(&["trace", "2023-11", "1"]);
    assert_eq!(
        (ran.code, ran.stdout.contains("the line says 0.03114")),
        (1, true),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_line_that_is_not_there_is_refused() {
    let workspace = settled();
    for (line, code) in [("0", 2), ("99", 2), ("one", 2)] {
        assert_eq!(workspace.run(&["trace", "2023-11", line]).code, code, "{line}");
    }
    assert_eq!(workspace.run(&["trace", "2023-12"]).code, 3);
}
