//! Shares that count what the others pay. Source: domain rules §1.10 (intercompany receipts), oracle
//! R7.

use exact::Exact;

/// How often the pieces that hold are looked for before the search is given up.
const ROUNDS: usize = 60;

/// What each share receives from the others when all are computed at once.
///
/// `feeds` says of which others each share counts what they come to; `due` says what a share comes to
/// when all receive so much. Each is a straight line between its steps, so the point where all agree
/// solves linear equations: those of the pieces around a guess are solved exactly, and solved again
/// for the pieces around the answer until the answer lies on them. `None` if no answer does, as where
/// a rate that falls on the whole base jumps over it.
pub fn solve(feeds: &[Vec<usize>], due: impl Fn(usize, &[Exact]) -> Exact) -> Option<Vec<Exact>> {
    let received = |dues: &[Exact]| -> Vec<Exact> {
        feeds.iter().map(|from| from.iter().map(|at| dues[*at].clone()).sum()).collect()
    };
    let come_to = |received: &[Exact]| -> Vec<Exact> {
        (0..received.len()).map(|at| due(at, received)).collect()
    };
    let small = Exact::whole(1).per(1_000_000_000);
    let mut dues = come_to(&vec![Exact::zero(); feeds.len()]);
    for _ in 0..ROUNDS {
        let given = received(&dues);
        let found = come_to(&given);
        if found == dues {
            return Some(given);
        }
        // due ≈ found + slope × (received − given), for each share.
        let mut rows = Vec::new();
        for (at, from) in feeds.iter().enumerate() {
            let mut beside = given.clone();
            beside[at] = beside[at].clone() + small.clone();
            let beside = due(at, &beside);
            let slope = (beside - found[at].clone()).over(&small)?;
            let mut row = vec![Exact::zero(); feeds.len()];
            row[at] = Exact::whole(1);
            for other in from {
                row[*other] = row[*other].clone() - slope.clone();
            }
            row.push(found[at].clone() - slope * given[at].clone());
            rows.push(row);
        }
        dues = eliminated(rows)?;
    }
    None
}

/// Solves linear equations, each row its coefficients and then its right side. `None` if they have no
/// one solution.
fn eliminated(mut rows: Vec<Vec<Exact>>) -> Option<Vec<Exact>> {
    for at in 0..rows.len() {
        let pivot = (at..rows.len()).find(|row| rows[*row][at] != Exact::zero())?;
        rows.swap(at, pivot);
        let by = rows[at][at].clone();
        let pivot = rows[at].iter().map(|value| value.over(&by)).collect::<Option<Vec<_>>>()?;
        for (other, row) in rows.iter_mut().enumerate() {
            let times = row[at].clone();
            if other != at && times != Exact::zero() {
                for (value, pivot) in row.iter_mut().zip(&pivot) {
                    *value = value.clone() - times.clone() * pivot.clone();
                }
            }
        }
        rows[at] = pivot;
    }
    rows.into_iter().map(|mut row| row.pop()).collect()
}
