//! Importing: what is kept, what is rejected and why, what is refused at once.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{all_rows, chain, defaults, import, import_text, trace};
use jiff::civil::date;
use usage::{Defaults, Format, Progress, STANDARD, Store, Tokens};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("usage")).unwrap();
    (dir, store)
}

#[test]
fn both_traces_are_kept_whole_and_once() {
    for (name, rows) in [("azure-llm-2023-conv.csv", 19_366), ("azure-llm-2023-code.csv", 8_819)] {
        let Some(path) = trace(name) else { return };
        let (_dir, store) = store();
        let mut seen: Vec<Progress> = Vec::new();
        let first = store
            .import(&path, Format::AzureLlm, &defaults(), &mut |progress| seen.push(progress))
            .unwrap();
        assert_eq!((first.read, first.new, first.duplicate, first.rejected), (rows, rows, 0, 0));
        assert_eq!(first.days, [(date(2023, 11, 16), rows)].into());

        assert!(seen.is_sorted_by_key(|progress| (progress.bytes_read, progress.rows)));
        let last = seen.last().unwrap();
        assert_eq!((last.rows, last.bytes_read), (rows, last.bytes_total));

        let kept = all_rows(&store);
        let second = import(&store, &path, Format::AzureLlm).unwrap();
        assert_eq!((second.new, second.duplicate), (0, rows));
        assert_eq!(all_rows(&store), kept);
    }
}

#[test]
fn a_trace_is_read_as_it_stands() {
    let (_dir, store) = store();
    let text = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n";
    import_text(&store, Format::AzureLlm, text.as_bytes()).unwrap();
    let event = all_rows(&store).into_values().next().unwrap();
    assert_eq!(event.at, "2023-11-16T18:17:03.97996Z".parse().unwrap());
    assert_eq!(event.tokens, Tokens { input: 4808, output: 10, ..Tokens::default() });
    assert_eq!((event.tier.as_str(), event.calls), (STANDARD, 1));
    assert_eq!((event.channel.as_str(), event.customer.as_str()), ("direct", "acme"));
}

const HEADER: &str =
    "at,channel,product,model,host,customer,input_tokens,cached_input_tokens,output_tokens,id";

#[test]
fn every_kind_of_bad_row_is_written_down_with_its_reason() {
    let count = "is not a count of tokens; expected a whole number from 0 to 4294967295";
    let instant = "is not an instant; expected a date, a time and a zone";
    let long = format!("2025-02-01T00:00:00Z,direct,p,{},h,c,1,0,1,x", "m".repeat(513));
    let table: &[(&[u8], &str)] = &[
        (b"2025-02-01T00:00:00Z,direct,p,m,h,c,-5,0,1,x", &format!("`input_tokens`: `-5` {count}")),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,c,+5,0,1,x", &format!("`+5` {count}")),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,c,5.0,0,1,x", &format!("`5.0` {count}")),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,c,1e3,0,1,x", &format!("`1e3` {count}")),
        (
            b"2025-02-01T00:00:00Z,direct,p,m,h,c,1,0,4294967296,x",
            &format!("`output_tokens`: `4294967296` {count}"),
        ),
        (
            b"2025-02-01T00:00:00Z,direct,p,m,h,c,1,,1,x",
            "`cached_input_tokens` is empty; expected a whole number",
        ),
        (b"yesterday,direct,p,m,h,c,1,0,1,x", &format!("`at`: `yesterday` {instant}")),
        (
            b"2025-02-01T00:00:00,direct,p,m,h,c,1,0,1,x",
            &format!("`2025-02-01T00:00:00` {instant}"),
        ),
        (b"2025-02-30T00:00:00Z,direct,p,m,h,c,1,0,1,x", instant),
        (b"2300-01-01T00:00:00Z,direct,p,m,h,c,1,0,1,x", instant),
        (b",direct,p,m,h,c,1,0,1,x", instant),
        (b"2025-02-01T00:00:00Z,,p,m,h,c,1,0,1,x", "`channel` is empty; expected a name"),
        (b"2025-02-01T00:00:00Z,direct,p,  ,h,c,1,0,1,x", "`model` is empty; expected a name"),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,a\x07b,1,0,1,x", "expected no control characters"),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,c,1,0,1,", "`id` is empty"),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,c,1,0,1", "the row has 9 columns; expected 10"),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,c,1,0,1,x,", "the row has 11 columns; expected 10"),
        (b"2025-02-01T00:00:00Z,direct,p,m,h,\xff,1,0,1,x", "the line is not UTF-8"),
        (b"2025-02-01T00:00:00Z,\"direct,p,m,h,c,1,0,1,x", "a quotation mark is not closed"),
        (b"2025-02-01T00:00:00Z,,p,m,h,c,-1,0,z,x", "`channel` is empty; expected a name"),
        (long.as_bytes(), "`model` is 513 bytes long; expected a name of at most 512"),
        (&[b'x'; 70_000], "the line is too long; expected at most 65536 bytes"),
    ];
    let good = b"2025-02-01T00:00:00Z,direct,p,m,h,c,1,0,1,good\n";
    let mut content = format!("{HEADER}\n").into_bytes();
    for (row, _) in table {
        content.extend_from_slice(row);
        content.push(b'\n');
    }
    content.extend_from_slice(good);

    let (_dir, store) = store();
    let imported = import_text(&store, Format::Csv, &content).unwrap();
    let bad = table.len() as u64;
    assert_eq!((imported.read, imported.new, imported.rejected), (bad + 1, 1, bad));

    let path = imported.rejects_file.clone().unwrap();
    assert_eq!(path.parent().unwrap(), store.root().join("rejected"));
    let rejects: Vec<csv::StringRecord> =
        csv::Reader::from_path(&path).unwrap().records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rejects.len(), table.len());
    for (index, ((row, expected), reject)) in table.iter().zip(&rejects).enumerate() {
        assert_eq!(reject[0], (index + 2).to_string(), "the line in the source");
        assert!(reject[1].contains(expected), "`{}` should say `{expected}`", &reject[1]);
        let shown = String::from_utf8_lossy(row);
        assert!(shown.starts_with(&reject[2]) && !reject[2].is_empty(), "the row itself");
    }
    assert!(rejects[19][1].contains("`-1`"), "all that is wrong with a row is said at once");

    // A quoted cell may hold a comma; and the same file again rejects the same rows.
    let again = import_text(&store, Format::Csv, &content).unwrap();
    assert_eq!((again.new, again.duplicate, again.rejected), (0, 1, bad));
}

#[test]
fn the_same_source_replaces_its_own_rejects_only() {
    let (dir, store) = store();
    let source = dir.path().join("calls.csv");
    let mut files = Vec::new();
    for rows in ["bad", "bad", "worse"] {
        std::fs::write(&source, format!("{HEADER}\n{rows}\n")).unwrap();
        files.push(import(&store, &source, Format::Csv).unwrap().rejects_file.unwrap());
    }
    assert_eq!(files[0], files[1]);
    assert_ne!(files[1], files[2]);
    assert!(files[0].exists() && files[2].exists());
    let name = files[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("calls.csv-") && name.ends_with(".csv"), "{name}");
}

#[test]
fn what_windows_adds_is_tolerated() {
    let (_dir, store) = store();
    let text = format!(
        "\u{feff}{}\r\n\r\n 2025-02-01T00:00:00+01:00 ,\"direct, retail\",p,m,h,c, 1 ,0,1,x\r\n\r\n",
        HEADER.replace(',', " , ")
    );
    let imported = import_text(&store, Format::Csv, text.as_bytes()).unwrap();
    assert_eq!((imported.read, imported.new), (1, 1));
    // One o'clock in the night of Paris is still the day before in UTC.
    assert_eq!(imported.days, [(date(2025, 1, 31), 1)].into());
    let event = all_rows(&store).into_values().next().unwrap();
    assert_eq!(event.channel, " \"direct, retail\" ".trim().trim_matches('"'));
}

#[test]
fn columns_may_be_left_out_and_come_in_any_order() {
    let (_dir, store) = store();
    let text = "output_tokens,model,input_tokens,at\n7,m2,5,2025-02-01T00:00:00Z\n";
    import_text(&store, Format::Csv, text.as_bytes()).unwrap();
    let event = all_rows(&store).into_values().next().unwrap();
    assert_eq!(event.tokens, Tokens { input: 5, output: 7, ..Tokens::default() });
    assert_eq!((event.model.as_str(), event.host.as_str()), ("m2", "azure"));
}

#[test]
fn equal_rows_of_one_file_are_so_many_calls() {
    let (_dir, store) = store();
    let row = "2025-02-01T00:00:00Z,direct,p,m,h,c,1,1\n";
    let header = "at,channel,product,model,host,customer,input_tokens,output_tokens\n";
    let twice = import_text(&store, Format::Csv, format!("{header}{row}{row}").as_bytes()).unwrap();
    assert_eq!(twice.new, 2);
    let thrice =
        import_text(&store, Format::Csv, format!("{header}{row}{row}{row}").as_bytes()).unwrap();
    assert_eq!((thrice.new, thrice.duplicate), (1, 2));
}

#[test]
fn the_first_row_with_an_id_is_kept() {
    for buffer_rows in [1, 2, 100] {
        let (_dir, store) = store();
        let store = store.with_buffer_rows(buffer_rows);
        let text = format!(
            "{HEADER}\n\
             2025-02-01T09:00:00Z,direct,p,m,h,c,1,0,1,call-7\n\
             2025-02-01T08:00:00Z,direct,p,m,h,c,2,0,2,call-7\n\
             2025-02-01T09:00:00Z,direct,p,m,h,c,1,0,1,call-7\n\
             2025-02-02T09:00:00Z,direct,p,m,h,c,1,0,1,call-7\n"
        );
        let imported = import_text(&store, Format::Csv, text.as_bytes()).unwrap();
        assert_eq!((imported.new, imported.duplicate, imported.rejected), (1, 1, 2));
        assert_eq!(all_rows(&store).into_values().next().unwrap().tokens.input, 1);
        let rejects: Vec<csv::StringRecord> =
            csv::Reader::from_path(imported.rejects_file.unwrap())
                .unwrap()
                .records()
                .collect::<Result<_, _>>()
                .unwrap();
        for (reject, (line, start)) in rejects.iter().zip([
            ("3", "2025-02-01T08:00:00Z,direct,p,m,h,c,standard,1,2,0,"),
            ("5", "2025-02-02T09:00:00Z,direct,p,m,h,c,standard,1,1,0,"),
        ]) {
            assert_eq!(&reject[0], line);
            assert!(reject[1].starts_with("`id` is that of another row"), "{reject:?}");
            assert!(reject[2].starts_with(start), "{reject:?}");
        }
    }
}

#[test]
fn what_cannot_be_imported_at_all_says_what_to_do() {
    let csv = Format::Csv;
    let trace = Format::AzureLlm;
    let table: &[(Format, &[u8], &str)] = &[
        (csv, b"", "is empty; expected a first line with the columns `at`, `channel`,"),
        (csv, b"\n\r\n", "is empty; expected a first line"),
        (trace, b"", "columns `TIMESTAMP`, `ContextTokens` and `GeneratedTokens`"),
        (
            trace,
            b"2023-11-16 18:17:03.9799600,4808,10\n",
            "(`2023-11-16 18:17:03.9799600` is not a column",
        ),
        (trace, b"TIMESTAMP,ContextTokens\n", "(there is no `GeneratedTokens`)"),
        (csv, b"at,input_tokens\n", "(there is no `output_tokens`)"),
        (csv, b"at,at,input_tokens,output_tokens\n", "(`at` is there twice)"),
        (csv, b"at,input_tokens,output_tokens,cached_tokens\n", "(`cached_tokens` is not a column"),
        (csv, b"\xff\xfea\0t\0", "(the line is not UTF-8; expected the file to be saved as UTF-8)"),
        (Format::Parquet, b"", "is empty; expected"),
        (Format::Parquet, b"at,input_tokens\n", "damaged, cut short, or not Parquet"),
        (Format::Parquet, b"PAR1PAR1PAR1PAR1", "damaged, cut short, or not Parquet"),
    ];
    for (format, content, expected) in table {
        let (_dir, store) = store();
        let error = import_text(&store, *format, content).unwrap_err();
        let text = chain(&error);
        assert!(text.contains(expected), "`{text}` should say `{expected}`");
        assert!(!store.root().exists(), "nothing is written before the source is understood");
    }
}

#[test]
fn a_source_that_is_no_file_is_refused() {
    let (dir, store) = store();
    for format in Format::ALL {
        let error = import(&store, dir.path(), format).unwrap_err();
        assert!(chain(&error).contains("is not a file"), "{}", chain(&error));
        let error = import(&store, &dir.path().join("none"), format).unwrap_err();
        assert!(chain(&error).contains("could not read"), "{}", chain(&error));
    }
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(&file).unwrap_err();
    assert!(error.to_string().contains("is not a directory"));
}

#[test]
fn missing_names_are_asked_for_before_anything_is_read() {
    let (dir, store) = store();
    let source = dir.path().join("trace.csv");
    std::fs::write(&source, "TIMESTAMP,ContextTokens,GeneratedTokens\n").unwrap();
    let none = Defaults::default();
    let error = store.import(&source, Format::AzureLlm, &none, &mut |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the source does not say `channel`, `product`, `model`, `host` and `customer`; \
         pass a default for each"
    );
    let blank = Defaults { host: Some(" ".into()), ..defaults() };
    let error = store.import(&source, Format::AzureLlm, &blank, &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the default for `host` is empty; expected a name");
    assert!(!store.root().exists());
}

#[test]
fn ids_of_two_sources_are_two() {
    let (_dir, store) = store();
    let row = "2025-02-01T09:00:00Z,1,1,call-7";
    let text = |source| format!("at,input_tokens,output_tokens,id,source\n{row},{source}\n");
    for (source, new) in [("a", 1), ("b", 1), ("a", 0)] {
        let imported = import_text(&store, Format::Csv, text(source).as_bytes()).unwrap();
        assert_eq!((imported.new, imported.duplicate), (new, 1 - new), "{source}");
    }
    let without = format!("at,input_tokens,output_tokens,id\n{row}\n");
    assert_eq!(import_text(&store, Format::Csv, without.as_bytes()).unwrap().new, 1);
}

#[test]
fn numbers_that_are_none_and_days_to_come_are_rejected() {
    let (_dir, store) = store();
    let store = store.with_end("2025-03-01T00:00:00Z".parse().unwrap());
    let rows = [
        ("2025-02-01T00:00:00Z,1,1,0,a", "`calls`: `0` is not a number of calls"),
        ("2025-02-01T00:00:00Z,NaN,1,1,b", "`input_tokens`: `NaN` is not a count"),
        ("2025-02-01T00:00:00Z,123456789012345678901234567890,1,1,c", "is not a count of tokens"),
        ("2025-02-01T00:00:00Z,1,-7,1,d", "`output_tokens`: `-7` is not a count"),
        ("2025-03-01T00:00:00Z,1,1,1,e", "is still to come; expected an instant before"),
        ("2199-01-01T00:00:00Z,1,1,1,f", "`2199-01-01T00:00:00Z` is still to come"),
    ];
    let mut text = "at,input_tokens,output_tokens,calls,id\n".to_owned();
    rows.iter().for_each(|(row, _)| text += &format!("{row}\n"));
    text += "2025-02-28T23:59:59Z,1,1,1,good\n";
    let imported = import_text(&store, Format::Csv, text.as_bytes()).unwrap();
    assert_eq!((imported.new, imported.rejected), (1, rows.len() as u64));
    let rejects: Vec<csv::StringRecord> = csv::Reader::from_path(imported.rejects_file.unwrap())
        .unwrap()
        .records()
        .collect::<Result<_, _>>()
        .unwrap();
    for (reject, (row, reason)) in rejects.iter().zip(rows) {
        assert!(reject[1].contains(reason) && &reject[2] == row, "{reject:?} for {reason}");
    }
}

#[test]
fn formats_have_one_spelling() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    let error = "Azure".parse::<Format>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Azure` is not a format of usage; expected one of azure-llm, csv, parquet, \
         cloudevents, litellm, openai-usage, azure-cost, focus"
    );
}

#[test]
fn rows_that_left_a_store_come_back_as_the_same_rows() {
    let (_dir, store) = store();
    let text = format!("{HEADER}\n2025-02-01T09:00:00Z,direct,p,m,h,c,1,2,3,call-7\n");
    import_text(&store, Format::Csv, text.as_bytes()).unwrap();
    let segment =
        store.partitions(common::FIRST, common::END).unwrap().remove(0).segments.remove(0);
    let again = import(&store, segment.name(), Format::Parquet).unwrap();
    assert_eq!((again.new, again.duplicate), (0, 1));

    let event = all_rows(&store).into_values().next().unwrap();
    let by_id = format!("{HEADER}\n{},direct,p,m,h,c,1,2,3,{}\n", event.at, event.id);
    let again = import_text(&store, Format::Csv, by_id.as_bytes()).unwrap();
    assert_eq!((again.new, again.duplicate), (0, 1));
}
