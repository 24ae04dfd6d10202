//! The tree against one written from the definition in RFC 9162, section 2.1, that keeps nothing.

use journal::Hash;
use journal::merkle::{Consistency, Frontier, Inclusion, Tree};
use proptest::prelude::*;

const CONTEXT: &str = "charterparty journal tree, format 1";

fn event(number: u64) -> Hash {
    Hash::from_bytes(*blake3::hash(&number.to_le_bytes()).as_bytes())
}

fn events(size: u64) -> Vec<Hash> {
    (0..size).map(event).collect()
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::default();
    tree.extend(events(size));
    tree
}

fn naive(parts: &[&[u8]]) -> Hash {
    Hash::from_bytes(blake3::derive_key(CONTEXT, &parts.concat()))
}

/// MTH of the RFC.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => naive(&[]),
        [one] => naive(&[&[0], one.as_bytes()]),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            naive(&[&[1], root(left).as_bytes(), root(right).as_bytes()])
        }
    }
}

/// The largest power of two smaller than a length.
fn split(length: usize) -> usize {
    (0..).map(|power| 1 << power).take_while(|power| *power < length).last().unwrap()
}

/// PATH of the RFC.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if index < left.len() {
        [path(index, left), vec![root(right)]].concat()
    } else {
        [path(index - left.len(), right), vec![root(left)]].concat()
    }
}

/// PROOF and SUBPROOF of the RFC.
fn proof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if old <= left.len() {
        [proof(old, left, whole), vec![root(right)]].concat()
    } else {
        [proof(old - left.len(), right, false), vec![root(left)]].concat()
    }
}

const LARGEST: u64 = 200;

#[test]
fn roots_and_proofs_are_those_of_the_definition() {
    let (tree, all) = (tree(LARGEST), events(LARGEST));
    let mut frontier = Frontier::default();
    for size in 0..=LARGEST {
        let leaves = &all[..size as usize];
        let expected = root(leaves);
        assert_eq!(tree.root(size), Some(expected));
        assert_eq!((frontier.size(), frontier.root()), (size, expected));
        for index in 0..size {
            let inclusion = tree.inclusion(index, size).unwrap();
            assert_eq!(inclusion.path, path(index as usize, leaves), "{index} of {size}");
            assert!(inclusion.verify(event(index), expected), "{index} of {size}");
        }
        for old in 0..=size {
            let consistency = tree.consistency(old, size).unwrap();
            if old != 0 {
                assert_eq!(consistency.path, proof(old as usize, leaves, true), "{old} to {size}");
            }
            assert!(consistency.verify(tree.root(old).unwrap(), expected), "{old} to {size}");
        }
        frontier.push(event(size));
    }
}

/// Roots that any other implementation must give.
#[test]
fn roots_do_not_change_from_version_to_version() {
    let zeros = Hash::from_bytes([0; 32]);
    let roots = [0, 1, 2, 3, 7].map(|size| {
        let mut frontier = Frontier::default();
        frontier.extend(std::iter::repeat_n(zeros, size));
        frontier.root().to_string()
    });
    assert_eq!(roots, ROOTS);
}

const ROOTS: [&str; 5] = [
    "1b936ad45ec81de19d7d3803aaf912936ad3cb6e9a93ed139dda1f2642445547",
    "d1fca4a292152a272709f04ffca780f92be21416a5727b60ec1beec0413ef2a0",
    "768a8cad80bac1ca6ca44b61c2f6a8e2421999a619ca7c97a838fa1225ec5c7f",
    "80f0bb0633d49f8c53663ed33feb6c599c3fd5ae6efda39649defe68a7d1e365",
    "d819b48dc79a3a9b092a6bfcbe00d4f9aac436a7caeaa1509b927d555ebf9e1e",
];

#[test]
fn there_is_no_proof_of_what_is_not_so() {
    let tree = tree(5);
    assert_eq!(tree.root(6), None);
    assert_eq!(tree.inclusion(5, 5), None);
    assert_eq!(tree.inclusion(0, 6), None);
    assert_eq!(tree.inclusion(0, 0), None);
    assert_eq!(tree.consistency(4, 3), None);
    assert_eq!(tree.consistency(5, 6), None);
}

/// Every index and size with every other one: only the right one passes.
#[test]
fn a_proof_is_of_one_event_at_one_place_under_one_root() {
    let tree = tree(33);
    for size in 1..=33 {
        let root = tree.root(size).unwrap();
        for index in 0..size {
            let right = tree.inclusion(index, size).unwrap();
            for other in 0..33 {
                assert_eq!(right.verify(event(other), root), other == index);
                let moved = Inclusion { index: other, ..right.clone() };
                assert_eq!(moved.verify(event(index), root), other == index, "{index} of {size}");
                assert_eq!(
                    right.verify(event(index), tree.root(other + 1).unwrap()),
                    other + 1 == size
                );
            }
        }
        for old in 1..size {
            let (before, right) = (tree.root(old).unwrap(), tree.consistency(old, size).unwrap());
            for other in 0..=33 {
                let another = tree.root(other).unwrap();
                assert_eq!(right.verify(another, root), other == old);
                assert_eq!(right.verify(before, another), other == size);
                let moved = Consistency { old: other, ..right.clone() };
                assert_eq!(moved.verify(before, root), other == old, "{other} for {old} to {size}");
            }
        }
    }
}

proptest! {
    #[test]
    fn a_changed_path_proves_nothing(
        size in 2..=LARGEST, index in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(),
        bit in 0..256usize, change in 0..4,
    ) {
        let tree = tree(size);
        let root = tree.root(size).unwrap();
        let index = index.index(size as usize) as u64;
        let altered = |path: &mut Vec<Hash>| {
            let place = place.index(path.len());
            match change {
                0 => {
                    let mut bytes = *path[place].as_bytes();
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    path[place] = Hash::from_bytes(bytes);
                }
                1 => { path.remove(place); }
                2 => path.insert(place, event(900)),
                _ => path.push(path[place]),
            }
        };
        let mut inclusion = tree.inclusion(index, size).unwrap();
        altered(&mut inclusion.path);
        prop_assert!(!inclusion.verify(event(index), root));

        let old = index.max(1);
        let mut consistency = tree.consistency(old, size).unwrap();
        if old < size {
            altered(&mut consistency.path);
            prop_assert!(!consistency.verify(tree.root(old).unwrap(), root));
        }
    }

    #[test]
    fn verifying_anything_ends(
        index in any::<u64>(), size in any::<u64>(), length in 0..70usize, found in any::<[u8; 32]>(),
    ) {
        let path = vec![Hash::from_bytes(found); length];
        let inclusion = Inclusion { index, size, path: path.clone() };
        prop_assert!(!inclusion.verify(event(0), event(1)));
        let consistency = Consistency { old: index, new: size, path };
        prop_assert!(!consistency.verify(event(0), event(1)));
    }

    #[test]
    fn another_event_gives_another_root(size in 1..=LARGEST, index in any::<prop::sample::Index>()) {
        let mut changed = events(size);
        changed[index.index(size as usize)] = event(900);
        let mut frontier = Frontier::default();
        frontier.extend(changed);
        prop_assert_ne!(Some(frontier.root()), tree(size).root(size));
    }
}

/// A proof has one form: where there is nothing to show, nothing is shown.
#[test]
fn what_needs_no_proof_takes_none() {
    for (old, new) in [(0, 3), (3, 3)] {
        let (earlier, later) = (root(&events(old)), root(&events(new)));
        let mut proof = tree(new).consistency(old, new).unwrap();
        assert!(proof.verify(earlier, later));
        proof.path.push(event(0));
        assert!(!proof.verify(earlier, later), "{old} {new}");
    }
}
