//! What holders answer, and what they get.

use sourcing::{Does, Offered, State};
use terms::clause::{Exercisable, PartialExercise, Silence};

use super::leave::window_lapsed;
use super::{Happened, Law, Told, Watcher};

impl Watcher {
    /// An answer is one of a holder whose turn it is, in time, and its first.
    pub(super) fn answer(
        &mut self,
        h: &Happened<'_>,
        told: &mut Told,
        part: usize,
        right: usize,
        takes: Option<u64>,
    ) {
        let case = h.before.expect("a case is there");
        let says = case.restriction.rights().get(right).map(|right| &right.says);
        let unending = says.is_some_and(|says| {
            says.silence_means == Silence::Wait
                || says.approach.exercisable == Exercisable::UntilCompletion
        });
        let by_holder = h.dated.by.as_ref().is_none_or(|by| {
            let holder = case.restriction.holders().nth(right);
            holder.is_some_and(|holder| h.terms.registry.is_affiliate(by.as_str(), holder.as_str()))
        });
        self.must(Law::Issuer, by_holder, || format!("{:?}", h.dated));
        let window = told.parts[part].window.as_mut();
        // Talks run beside the window; to break them off is no late answer.
        let talks = matches!(case.state(part), Some(State::Negotiating { .. })) && takes.is_none();
        let in_time = window.as_ref().is_some_and(|window| {
            unending || talks || window.deadline.is_none_or(|deadline| h.dated.at <= deadline)
        });
        self.must(Law::ExerciseCounts, in_time, || format!("late: {:?}", h.dated));
        let Some(window) = window else { return };
        let first = window.answers.insert(right, takes).is_none();
        self.must(Law::OneLapse, first && !window_lapsed(told, part), || {
            format!("a second answer: {:?}", h.dated)
        });
    }

    /// A holder takes something: by its own answer, by one given before, or by silence.
    pub(super) fn takes(
        &mut self,
        h: &Happened<'_>,
        told: &mut Told,
        part: usize,
        right: usize,
        quantity: u64,
        terms: &Offered,
    ) {
        let case = h.before.expect("a case is there");
        let Some(says) = case.restriction.rights().get(right).map(|right| right.says.clone())
        else {
            return self.broke(Law::ExerciseCounts, "no right");
        };
        let elected = told
            .parts
            .iter()
            .filter_map(|seen| seen.window.as_ref()?.answers.get(&right).copied().flatten())
            .next();
        let silent = h.dated.by.is_none() && says.silence_means == Silence::Accept;
        if elected.is_none() && !silent {
            self.answer(h, told, part, right, Some(quantity));
        }
        let put = match case.state(part) {
            Some(State::Open(open) | State::Negotiating { open, .. }) => Some(&open.terms),
            _ => None,
        };
        // Of several holders' shares the later are of the rest, which is in the state before.
        let same = put.is_none_or(|put| put == terms);
        self.must(Law::ExerciseCounts, same, || format!("other terms: {:?}", h.dated));
        let Does::Exercise(exercise) = &h.command.does else { return };
        let unconditional = exercise.conditions.is_empty();
        self.must(Law::ExerciseCounts, unconditional, || format!("{:?}", h.command));
        let several = told.since.contains(&"elected") || elected.is_some();
        let all = case.parts[part].quantity;
        let asked = exercise.quantity.unwrap_or(all);
        let lots = quantity.is_multiple_of(case.requirement.lot.max(1));
        let may = match says.partial_exercise {
            _ if several || asked == all => true,
            PartialExercise::None => false,
            PartialExercise::WholeLots => lots,
            PartialExercise::AnyQuantity => true,
        };
        let linked = case.requirement.linked && asked != all && !several;
        self.must(Law::ExerciseCounts, may && !linked && quantity <= all && asked > 0, || {
            format!("{:?} of {all}", h.command.does)
        });
    }
}
