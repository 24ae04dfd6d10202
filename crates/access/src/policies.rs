//! The shipped files: read, and held against their schema.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use cedar_policy::{Effect, PolicyId, PolicySet, Schema, ValidationMode, Validator};

use crate::Policy;

const SCHEMA: &str = include_str!("../policies/access.cedarschema");

/// The bounds first, as they hold for all; then the roles, in their order.
const FILES: [&str; 10] = [
    include_str!("../policies/bounds.cedar"),
    include_str!("../policies/everybody.cedar"),
    include_str!("../policies/lab.cedar"),
    include_str!("../policies/holder.cedar"),
    include_str!("../policies/bidder.cedar"),
    include_str!("../policies/funder.cedar"),
    include_str!("../policies/product.cedar"),
    include_str!("../policies/observer.cedar"),
    include_str!("../policies/auditor.cedar"),
    include_str!("../policies/operator.cedar"),
];

/// Why the rules cannot be used. Only a file that was changed before the program was built can be why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The schema is not one.
    #[error("the schema of the policies cannot be read")]
    Schema(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file is not Cedar.
    #[error("a file of policies cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A policy has no name, no sentence, or another's name.
    #[error("every policy needs an `@id` of its own and a `@text`; `{0}` lacks one")]
    Unnamed(String),
    /// A policy asks for what the schema does not have.
    #[error("a policy does not agree with the schema: {0}")]
    Invalid(String),
}

/// The rules as Cedar has them, and as people read them.
pub(crate) struct Policies {
    pub schema: Schema,
    pub set: PolicySet,
    /// In the order of the files.
    pub shown: Vec<Arc<Policy>>,
    pub by_id: HashMap<PolicyId, Arc<Policy>>,
}

impl Policies {
    pub fn load() -> Result<Policies, LoadError> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA)
            .map_err(|error| LoadError::Schema(Box::new(error)))?;
        let (mut set, mut shown, mut by_id) = (PolicySet::new(), Vec::new(), HashMap::new());
        for file in FILES {
            let read = PolicySet::from_str(file)
                .map_err(|error| LoadError::Unreadable(Box::new(error)))?;
            let mut read: Vec<_> = read.policies().cloned().collect();
            // Cedar numbers policies as they stand in their file, and hands them out in no order.
            read.sort_by_key(|policy| number(policy.id()));
            for policy in read {
                let source = policy.to_string();
                let (Some(id), Some(text)) = (policy.annotation("id"), policy.annotation("text"))
                else {
                    return Err(LoadError::Unnamed(source));
                };
                let shows = Arc::new(Policy {
                    id: id.to_owned(),
                    text: text.to_owned(),
                    source,
                    forbids: policy.effect() == Effect::Forbid,
                });
                let id = PolicyId::new(id);
                set.add(policy.new_id(id.clone()))
                    .map_err(|_| LoadError::Unnamed(shows.id.clone()))?;
                by_id.insert(id, shows.clone());
                shown.push(shows);
            }
        }
        let outcome = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if !outcome.validation_passed_without_warnings() {
            return Err(LoadError::Invalid(outcome.to_string()));
        }
        Ok(Policies { schema, set, shown, by_id })
    }
}

fn number(id: &PolicyId) -> Option<u64> {
    id.to_string().strip_prefix("policy")?.parse().ok()
}
