//! Reading a policy document: every refusal names the place and the fault.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::pattern::Pattern;
use super::resource::ResourcePattern;
use super::{DOCUMENT_BYTES_MAX, Effect, Policy, STATEMENTS_MAX, Statement};

/// A document that is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {fault}")]
pub struct PolicyError {
    /// Path from the top: `statement[1].condition.ip_equal.qcs:ip[0]`; `document` for the whole.
    pub at: String,
    pub fault: PolicyFault,
}

/// What is wrong at that place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    #[error("has {0} bytes, at most {DOCUMENT_BYTES_MAX} are allowed")]
    TooLong(usize),
    #[error("is not JSON, line {line} column {column}: {reason}")]
    NotJson { line: usize, column: usize, reason: String },
    #[error("must be {0}")]
    MustBe(&'static str),
    #[error("is missing")]
    Missing,
    #[error("is not a key of this object; allowed are {0}")]
    UnknownKey(&'static str),
    #[error("is not allowed in the policy of a user: who it applies to is given by attaching it")]
    Principal,
    #[error("is empty")]
    Empty,
    #[error("has {0} entries, at most {STATEMENTS_MAX} are allowed")]
    TooManyStatements(usize),
    #[error("must be *, or <service>:<Action> with * as wildcard, optionally after name/")]
    ActionForm,
    #[error("must be * or qcs:<project>:<service>:<region>:<account>:<resource>")]
    ResourceForm,
    #[error("the project, second of the six parts, must be empty or id/0")]
    ResourceProject,
    #[error("the account, fifth of the six parts, must be uin/<number>, uid/<number> or empty")]
    ResourceAccount,
    #[error("is not a known operator")]
    UnknownOperator,
    #[error("is not a known key; known are qcs:ip, qcs:current_time, qcs:resource_tag and qcs:request_tag")]
    UnknownConditionKey,
    #[error(
        "does not suit the operator: ip_* tests qcs:ip, date_* and numeric_* test qcs:current_time, bool_equal tests \
         tags, string_* all but the time"
    )]
    OperatorForKey,
    #[error("must be {0}")]
    ConditionValue(&'static str),
}

fn fault<T>(at: impl Into<String>, fault: PolicyFault) -> Result<T, PolicyError> {
    Err(PolicyError { at: at.into(), fault })
}

pub(super) fn parse(document: &str) -> Result<Policy, PolicyError> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return fault("document", PolicyFault::TooLong(document.len()));
    }
    let value: Value = serde_json::from_str(document).or_else(|error| {
        let (line, column) = (error.line(), error.column());
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        fault("document", PolicyFault::NotJson { line, column, reason })
    })?;
    let Value::Object(top) = value else { return fault("document", PolicyFault::MustBe("an object")) };
    check_keys("", &top, &["version", "statement"], "version and statement")?;
    match top.get("version") {
        None => return fault("version", PolicyFault::Missing),
        Some(Value::String(version)) if version == "2.0" => {}
        Some(_) => return fault("version", PolicyFault::MustBe("\"2.0\"")),
    }
    let statements = match top.get("statement") {
        None => return fault("statement", PolicyFault::Missing),
        Some(Value::Array(statements)) => statements,
        Some(_) => return fault("statement", PolicyFault::MustBe("an array of objects")),
    };
    if statements.is_empty() {
        return fault("statement", PolicyFault::Empty);
    }
    if statements.len() > STATEMENTS_MAX {
        return fault("statement", PolicyFault::TooManyStatements(statements.len()));
    }
    let mut compiled = Vec::with_capacity(statements.len());
    for (index, value) in statements.iter().enumerate() {
        compiled.push(statement(&format!("statement[{index}]"), value)?);
    }
    Ok(Policy { statements: compiled })
}

fn statement(at: &str, value: &Value) -> Result<Statement, PolicyError> {
    let Value::Object(object) = value else { return fault(at, PolicyFault::MustBe("an object")) };
    let keys = ["effect", "action", "resource", "condition"];
    check_keys(&format!("{at}."), object, &keys, "effect, action, resource and condition")?;
    let effect_at = format!("{at}.effect");
    let effect = match object.get("effect") {
        None => return fault(effect_at, PolicyFault::Missing),
        Some(Value::String(text)) if text == "allow" => Effect::Allow,
        Some(Value::String(text)) if text == "deny" => Effect::Deny,
        Some(_) => return fault(effect_at, PolicyFault::MustBe("\"allow\" or \"deny\"")),
    };
    let conditions = match object.get("condition") {
        None => Vec::new(),
        Some(value) => conditions(&format!("{at}.condition"), value)?,
    };
    Ok(Statement {
        effect,
        actions: texts(&format!("{at}.action"), object.get("action"), action)?,
        resources: texts(&format!("{at}.resource"), object.get("resource"), ResourcePattern::parse)?,
        conditions,
    })
}

fn check_keys(
    prefix: &str,
    object: &Map<String, Value>,
    allowed: &[&str],
    list: &'static str,
) -> Result<(), PolicyError> {
    for key in object.keys() {
        if key == "principal" {
            return fault(format!("{prefix}{key}"), PolicyFault::Principal);
        }
        if !allowed.contains(&key.as_str()) {
            return fault(format!("{prefix}{key}"), PolicyFault::UnknownKey(list));
        }
    }
    Ok(())
}

/// Compiles a text or an array of texts.
fn texts<T>(
    at: &str,
    value: Option<&Value>,
    compile: fn(&str) -> Result<T, PolicyFault>,
) -> Result<Vec<T>, PolicyError> {
    let one = |at: String, value: &Value| match value {
        Value::String(text) => compile(text).or_else(|reason| fault(at, reason)),
        _ => fault(at, PolicyFault::MustBe("a text")),
    };
    match value {
        None => fault(at, PolicyFault::Missing),
        Some(Value::Array(values)) if values.is_empty() => fault(at, PolicyFault::Empty),
        Some(Value::Array(values)) => {
            values.iter().enumerate().map(|(index, value)| one(format!("{at}[{index}]"), value)).collect()
        }
        Some(value @ Value::String(_)) => Ok(vec![one(at.to_owned(), value)?]),
        Some(_) => fault(at, PolicyFault::MustBe("a text or an array of texts")),
    }
}

fn action(text: &str) -> Result<Pattern, PolicyFault> {
    let text = text.strip_prefix("name/").unwrap_or(text);
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'-' | b'_'))
    };
    let legal = match text.split_once(':') {
        Some((service, name)) => is_name(service) && is_name(name),
        None => text == "*",
    };
    if legal { Ok(Pattern::new(text)) } else { Err(PolicyFault::ActionForm) }
}

fn conditions(at: &str, value: &Value) -> Result<Vec<Condition>, PolicyError> {
    let Value::Object(operators) = value else { return fault(at, PolicyFault::MustBe("an object")) };
    let mut compiled = Vec::new();
    for (operator, keys) in operators {
        let at = format!("{at}.{operator}");
        let Value::Object(keys) = keys else { return fault(at, PolicyFault::MustBe("an object")) };
        if keys.is_empty() {
            return fault(at, PolicyFault::Empty);
        }
        for (key, values) in keys {
            let at = format!("{at}.{key}");
            let values = condition_values(&at, values)?;
            compiled.push(Condition::compile(operator, key, values).or_else(|(index, reason)| {
                let at = index.map_or(at.clone(), |index| format!("{at}[{index}]"));
                fault(at, reason)
            })?);
        }
    }
    Ok(compiled)
}

/// One value or several. Numbers and flags may be written without quotes.
fn condition_values(at: &str, value: &Value) -> Result<Vec<String>, PolicyError> {
    let values = match value {
        Value::Array(values) if values.is_empty() => return fault(at, PolicyFault::Empty),
        Value::Array(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    let mut texts = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        texts.push(match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return fault(format!("{at}[{index}]"), PolicyFault::MustBe("a text, a number or a flag")),
        });
    }
    Ok(texts)
}
