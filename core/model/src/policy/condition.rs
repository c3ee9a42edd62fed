//! Conditions: `{ "<operator>": { "<key>": value or [values] } }`.
//!
//! All keys of all operators must hold; of the values listed for a key one must (for a negated operator none may).
//! Source: spec/accounts.md 3.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

use serde::Serialize;

use super::pattern::Pattern;
use super::value::{Network, parse_time};
use super::{Effect, PolicyFault};
use crate::UnixMillis;

/// A label of an object. Source: spec/accounts.md 5.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// What conditions may look at, beside the tags of the object itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Address of the caller; `None` when it has none (the command line on the same machine).
    pub source: Option<IpAddr>,
    pub now: UnixMillis,
    /// Tags the request wants to set.
    pub request_tags: &'a [Tag],
}

/// A condition that did not hold, in the words of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnmetCondition {
    pub condition: ConditionText,
    pub effect: Effect,
}

impl UnmetCondition {
    /// The condition that a grant for these tags would have.
    pub(super) fn tags(tags: &[Tag]) -> Self {
        let condition = ConditionText {
            key: "qcs:resource_tag".to_owned(),
            value: tags.iter().map(|tag| format!("{}&{}", tag.key, tag.value)).collect(),
            operator: "for_any_value:string_equal".to_owned(),
        };
        Self { condition, effect: Effect::Allow }
    }
}

/// The parts of a condition as the refusal prints them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionText {
    pub key: String,
    pub value: Vec<String>,
    #[serde(rename = "ope")]
    pub operator: String,
}

/// One operator applied to one key.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    text: ConditionText,
    operator: Operator,
    key: Key,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Ip,
    CurrentTime,
    ResourceTag,
    RequestTag,
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "qcs:ip" => Self::Ip,
            "qcs:current_time" => Self::CurrentTime,
            "qcs:resource_tag" => Self::ResourceTag,
            "qcs:request_tag" => Self::RequestTag,
            _ => return None,
        })
    }
}

/// How the values of a key with several values count together.
#[derive(Clone, Copy, Debug)]
enum Set {
    /// No prefix: one value is enough, and for a negated operator all must pass.
    Plain,
    Any,
    All,
}

#[derive(Clone, Copy, Debug)]
struct Operator {
    kind: Kind,
    negated: bool,
    set: Set,
    if_exist: bool,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    TextIgnoringCase,
    TextLike,
    Ip,
    /// Holds when the comparison gives one of these.
    Date(&'static [Ordering]),
    Numeric(&'static [Ordering]),
    Bool,
    Null,
}

impl Operator {
    fn parse(text: &str) -> Option<Self> {
        use Ordering::{Equal, Greater, Less};
        let (set, name) = match text.split_once(':') {
            None => (Set::Plain, text),
            Some(("for_any_value", name)) => (Set::Any, name),
            Some(("for_all_value", name)) => (Set::All, name),
            Some(_) => return None,
        };
        let (name, if_exist) = name.strip_suffix("_if_exist").map_or((name, false), |name| (name, true));
        let order = |name: &str| -> Option<(&'static [Ordering], bool)> {
            Some(match name {
                "equal" => (&[Equal], false),
                "not_equal" => (&[Equal], true),
                "less_than" => (&[Less], false),
                "less_than_equal" => (&[Less, Equal], false),
                "greater_than" => (&[Greater], false),
                "greater_than_equal" => (&[Greater, Equal], false),
                _ => return None,
            })
        };
        let (kind, negated) = match name {
            "string_equal" => (Kind::Text, false),
            "string_not_equal" => (Kind::Text, true),
            "string_equal_ignore_case" => (Kind::TextIgnoringCase, false),
            "string_not_equal_ignore_case" => (Kind::TextIgnoringCase, true),
            "string_like" => (Kind::TextLike, false),
            "string_not_like" => (Kind::TextLike, true),
            "ip_equal" => (Kind::Ip, false),
            "ip_not_equal" => (Kind::Ip, true),
            "bool_equal" => (Kind::Bool, false),
            "null_equal" => (Kind::Null, false),
            _ => match (name.strip_prefix("date_"), name.strip_prefix("numeric_")) {
                (Some(name), _) => order(name).map(|(orders, negated)| (Kind::Date(orders), negated))?,
                (_, Some(name)) => order(name).map(|(orders, negated)| (Kind::Numeric(orders), negated))?,
                _ => return None,
            },
        };
        Some(Self { kind, negated, set, if_exist })
    }

    /// Which keys have values of the kind the operator compares.
    fn suits(self, key: Key) -> bool {
        match self.kind {
            Kind::Null => true,
            Kind::Ip => key == Key::Ip,
            Kind::Date(_) | Kind::Numeric(_) => key == Key::CurrentTime,
            Kind::Text | Kind::TextIgnoringCase | Kind::TextLike => key != Key::CurrentTime,
            Kind::Bool => matches!(key, Key::ResourceTag | Key::RequestTag),
        }
    }
}

/// The values a policy lists, in the form its operator compares.
#[derive(Clone, Debug)]
enum Expected {
    Texts(Vec<String>),
    Patterns(Vec<Pattern>),
    Networks(Vec<Network>),
    /// Milliseconds since 1970.
    Times(Vec<i64>),
    /// UNIX seconds.
    Numbers(Vec<f64>),
    Flags(Vec<bool>),
}

impl Expected {
    /// On failure gives the index of the value that does not read, and the form it should have.
    fn compile(kind: Kind, values: &[String]) -> Result<Self, (usize, &'static str)> {
        fn all<T>(values: &[String], form: &'static str, read: fn(&str) -> Option<T>) -> Read<T> {
            let read_one = |(index, value): (usize, &String)| read(value).ok_or((index, form));
            values.iter().enumerate().map(read_one).collect()
        }
        type Read<T> = Result<Vec<T>, (usize, &'static str)>;
        Ok(match kind {
            Kind::Text | Kind::TextIgnoringCase => Self::Texts(values.to_vec()),
            Kind::TextLike => Self::Patterns(values.iter().map(|value| Pattern::new(value)).collect()),
            Kind::Ip => Self::Networks(all(values, "an address or CIDR block", Network::parse)?),
            Kind::Date(_) => Self::Times(all(values, "an RFC 3339 time with its zone", parse_time)?),
            Kind::Numeric(_) => Self::Numbers(all(values, "a number", |text| {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            })?),
            Kind::Bool | Kind::Null => Self::Flags(all(values, "true or false", |text| text.parse().ok())?),
        })
    }
}

/// A value the request has under a key.
enum Actual<'a> {
    Ip(IpAddr),
    Time(UnixMillis),
    Text(Cow<'a, str>),
}

impl Condition {
    /// On failure gives the index of the value at fault, if it is one value.
    pub(super) fn compile(
        operator_text: &str,
        key_text: &str,
        values: Vec<String>,
    ) -> Result<Self, (Option<usize>, PolicyFault)> {
        let operator = Operator::parse(operator_text).ok_or((None, PolicyFault::UnknownOperator))?;
        let key = Key::parse(key_text).ok_or((None, PolicyFault::UnknownConditionKey))?;
        if !operator.suits(key) {
            return Err((None, PolicyFault::OperatorForKey));
        }
        let expected = Expected::compile(operator.kind, &values)
            .map_err(|(index, form)| (Some(index), PolicyFault::ConditionValue(form)))?;
        let text = ConditionText { key: key_text.to_owned(), value: values, operator: operator_text.to_owned() };
        Ok(Self { text, operator, key, expected })
    }

    pub(super) fn is_about_tags(&self) -> bool {
        self.key == Key::ResourceTag
    }

    pub(super) fn unmet(&self, effect: Effect) -> UnmetCondition {
        UnmetCondition { condition: self.text.clone(), effect }
    }

    /// A key the request does not have meets no condition, not even a negated one, unless the operator says
    /// `_if_exist` or asks for absence.
    pub(super) fn is_met(&self, context: &Context<'_>, resource_tags: &[Tag]) -> bool {
        let actual = self.actual(context, resource_tags);
        if let (Kind::Null, Expected::Flags(flags)) = (self.operator.kind, &self.expected) {
            return flags.contains(&actual.is_empty());
        }
        if actual.is_empty() {
            return self.operator.if_exist;
        }
        let passes = |value: &Actual<'_>| self.is_listed(value) != self.operator.negated;
        match (self.operator.set, self.operator.negated) {
            (Set::Any, _) | (Set::Plain, false) => actual.iter().any(passes),
            (Set::All, _) | (Set::Plain, true) => actual.iter().all(passes),
        }
    }

    fn actual<'a>(&self, context: &Context<'a>, resource_tags: &'a [Tag]) -> Vec<Actual<'a>> {
        let texts = |tags: &'a [Tag]| {
            tags.iter().map(|tag| Actual::Text(format!("{}&{}", tag.key, tag.value).into())).collect()
        };
        match self.key {
            Key::Ip => context.source.map(Actual::Ip).into_iter().collect(),
            Key::CurrentTime => vec![Actual::Time(context.now)],
            Key::ResourceTag => texts(resource_tags),
            Key::RequestTag => texts(context.request_tags),
        }
    }

    fn is_listed(&self, actual: &Actual<'_>) -> bool {
        match (&self.expected, actual) {
            (Expected::Networks(networks), Actual::Ip(ip)) => networks.iter().any(|network| network.contains(*ip)),
            (Expected::Times(times), Actual::Time(now)) => {
                let now = i64::try_from(now.0).unwrap_or(i64::MAX);
                times.iter().any(|time| self.is_in_order(Some(now.cmp(time))))
            }
            (Expected::Numbers(numbers), Actual::Time(now)) => {
                // Seconds stay exact in f64 for 285 million years.
                let now = now.seconds() as f64;
                numbers.iter().any(|number| self.is_in_order(now.partial_cmp(number)))
            }
            (expected, Actual::Ip(ip)) => Self::is_text_listed(self.operator.kind, expected, &ip.to_string()),
            (expected, Actual::Text(text)) => Self::is_text_listed(self.operator.kind, expected, text),
            (_, Actual::Time(_)) => false,
        }
    }

    fn is_in_order(&self, order: Option<Ordering>) -> bool {
        match self.operator.kind {
            Kind::Date(orders) | Kind::Numeric(orders) => order.is_some_and(|order| orders.contains(&order)),
            _ => false,
        }
    }

    fn is_text_listed(kind: Kind, expected: &Expected, text: &str) -> bool {
        match (kind, expected) {
            (Kind::TextIgnoringCase, Expected::Texts(texts)) => {
                texts.iter().any(|value| value.to_lowercase() == text.to_lowercase())
            }
            (_, Expected::Texts(texts)) => texts.iter().any(|value| value == text),
            (_, Expected::Patterns(patterns)) => patterns.iter().any(|pattern| pattern.matches(text)),
            (_, Expected::Flags(flags)) => flags.iter().any(|flag| text == flag.to_string()),
            _ => false,
        }
    }
}
