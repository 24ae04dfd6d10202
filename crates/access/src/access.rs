//! The question, asked of Cedar under one grant after the other.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use cedar_policy::{
    Authorizer, Context, Decision as Verdict, Entities, Entity, EntityId, EntityTypeName,
    EntityUid, Request, RestrictedExpression,
};

use crate::policies::Policies;
use crate::{Action, Area, Decision, Grant, LoadError, Person, Policy, Resource};

/// How many answers are kept at hand. Names in questions come from outside, so there must be an end of them.
const ANSWERS: usize = 4096;

/// The rules, ready to be asked.
pub struct Access {
    pub(crate) policies: Policies,
    authorizer: Authorizer,
    answers: RwLock<HashMap<Question, Decision>>,
}

/// All that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    grant: Grant,
    reads_only: bool,
    action: Action,
    resource: Resource,
    by: Option<String>,
}

impl Access {
    /// Reads the shipped policies and holds them against their schema.
    ///
    /// # Errors
    /// [`LoadError`] if they do not agree with it, which a test sees before anything is shipped.
    pub fn load() -> Result<Access, LoadError> {
        Ok(Access {
            policies: Policies::load()?,
            authorizer: Authorizer::new(),
            answers: RwLock::default(),
        })
    }

    /// Whether somebody may do something, and by which policies. `by` is the party for which it is done,
    /// which everything that is said in a case of sourcing has.
    ///
    /// One grant that permits it is enough; what a grant forbids, it forbids for itself.
    #[must_use]
    pub fn may(
        &self,
        person: &Person,
        action: Action,
        resource: &Resource,
        by: Option<&str>,
    ) -> Decision {
        let mut policies: Vec<Arc<Policy>> = Vec::new();
        for grant in &person.grants {
            let decision = self.answer(&Question {
                grant: grant.clone(),
                reads_only: person.reads_only,
                action,
                resource: resource.clone(),
                by: by.map(str::to_owned),
            });
            if decision.allowed {
                return decision;
            }
            for policy in decision.policies {
                if !policies.contains(&policy) {
                    policies.push(policy);
                }
            }
        }
        Decision { allowed: false, policies }
    }

    /// Whether somebody may do what concerns all of the workspace's agreements: everywhere at once, or
    /// in each of them. Settling a month is of this kind.
    #[must_use]
    pub fn may_throughout<'n>(
        &self,
        person: &Person,
        action: Action,
        agreements: impl IntoIterator<Item = &'n str>,
        by: Option<&str>,
    ) -> Decision {
        let everywhere = self.may(person, action, &Resource::Workspace, by);
        if everywhere.allowed {
            return everywhere;
        }
        let mut each = None;
        for agreement in agreements {
            let decision = self.may(person, action, &Resource::Agreement(agreement.to_owned()), by);
            if !decision.allowed {
                return decision;
            }
            each = Some(decision);
        }
        each.unwrap_or(everywhere)
    }

    /// The rooms that somebody may look into, in the order in which they are shown. The first is where
    /// they begin.
    #[must_use]
    pub fn areas(&self, person: &Person, resource: &Resource) -> Vec<Area> {
        let may = |area: &Area| self.may(person, Action::Read(*area), resource, None).allowed;
        Area::ALL.into_iter().filter(may).collect()
    }

    fn answer(&self, question: &Question) -> Decision {
        // A writer that panicked left whole answers behind, as it only ever adds one.
        let known = self.answers.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(decision) = known.get(question) {
            return decision.clone();
        }
        drop(known);
        let decision = self.ask(question);
        let mut known = self.answers.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= ANSWERS {
            known.clear();
        }
        known.insert(question.clone(), decision.clone());
        decision
    }

    fn ask(&self, question: &Question) -> Decision {
        // What the schema does not have is not there to be done: the people of an agreement, say.
        let Ok((request, entities)) = self.request(question) else {
            return Decision { allowed: false, policies: Vec::new() };
        };
        let response = self.authorizer.is_authorized(&request, &self.policies.set, &entities);
        let reasons = response.diagnostics().reason();
        let mut policies: Vec<_> =
            reasons.filter_map(|id| self.policies.by_id.get(id)).cloned().collect();
        policies.sort_by(|one, other| one.id.cmp(&other.id));
        // A policy that fails is one that does not forbid, so nothing is allowed then.
        let failed = response.diagnostics().errors().next().is_some();
        Decision { allowed: response.decision() == Verdict::Allow && !failed, policies }
    }

    fn request(
        &self,
        question: &Question,
    ) -> Result<(Request, Entities), Box<dyn std::error::Error>> {
        let Question { grant, reads_only, action, resource, by } = question;
        let person = uid("Person", "who asks")?;
        let resource = match resource {
            Resource::Workspace => uid("Workspace", "workspace")?,
            Resource::Agreement(name) => uid("Agreement", name)?,
        };
        let mut attributes =
            HashMap::from([("reads_only".to_owned(), RestrictedExpression::new_bool(*reads_only))]);
        if let Some(agreement) = &grant.agreement {
            let agreement = RestrictedExpression::new_entity_uid(uid("Agreement", agreement)?);
            attributes.insert("agreement".to_owned(), agreement);
        }
        let text = |text: &String| RestrictedExpression::new_string(text.clone());
        attributes.extend(grant.party.iter().map(|party| ("party".to_owned(), text(party))));
        let roles = HashSet::from([uid("Role", grant.role.as_str())?]);
        let entity = Entity::new(person.clone(), attributes, roles)?;
        let schema = Some(&self.policies.schema);
        let entities = Entities::from_entities([entity], schema)?;
        let context = Context::from_pairs(by.iter().map(|by| ("by".to_owned(), text(by))))?;
        let action = uid("Action", &action.to_string())?;
        Ok((Request::new(person, action, resource, context, schema)?, entities))
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Box<dyn std::error::Error>> {
    let kind: EntityTypeName = kind.parse()?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}
