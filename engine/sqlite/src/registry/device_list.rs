//! Device lists: any page of any number of devices, with the exact total.
//!
//! Without name and tags, counts per block of 1,024 numbers give the total and the block where the page starts, so a
//! page costs the same at every offset. With a name or tags, the numbers that fit come from the trigram or tag index;
//! only the page's rows are read. Numbers that another index has found are looked up one by one; a page without some numbers
//! takes them out of the counts.

use std::collections::HashSet;

use lianwu_model::device::Device;
use lianwu_model::product::Tag;
use lianwu_model::{DeviceName, DeviceNumber, ProductId};
use lianwu_ports::registry::{DeviceFilter, Listed, Numbers, Slice};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{Meter, collect};
use crate::fault::Fault;
use crate::rows;
use crate::seal::Sealer;

/// Numbers of one block differ in these low bits only; also in `migrations/0002_device_search.sql`.
const BLOCK_BITS: u32 = 10;

/// Row of `device_counts` for all products together.
const EVERY_PRODUCT: &str = "*";

/// Shortest text the trigram index can look up.
const TRIGRAM: usize = 3;

pub(super) fn list(
    connection: &Connection,
    sealer: &Sealer,
    filter: &DeviceFilter,
    slice: Slice,
) -> Result<Listed<Device>, Fault> {
    let meter = Meter::new(connection);
    let (rows, total) = rows_and_total(&meter, sealer, filter, slice)?;
    Ok(Listed { rows, total, steps: meter.steps() })
}

/// A page and the exact number of devices that fit.
type Rows = (Vec<Device>, u64);

fn rows_and_total(meter: &Meter<'_>, sealer: &Sealer, filter: &DeviceFilter, slice: Slice) -> Result<Rows, Fault> {
    let name = filter.name.as_deref().filter(|part| !part.is_empty());
    let nothing = (Vec::new(), 0);
    // A text that no device name can contain needs no search, and never reaches the index's own language.
    if name.is_some_and(|part| !DeviceName::is_valid(part.as_bytes())) {
        return Ok(nothing);
    }
    let products = match filter.products.as_slice() {
        _ if filter.any_product => Among::Every,
        [] => return Ok(nothing),
        [one] => Among::One(*one),
        many => Among::These(serde_json::to_string(many).expect("ids always have a JSON form")),
    };
    let by_number_only = name.is_none() && filter.tags.is_empty() && filter.hidden.is_empty();
    let mut numbers = match (&filter.numbers, by_number_only) {
        (Numbers::Any, true) => return page(meter, sealer, &products, &[], slice),
        (Numbers::Except(except), true) => {
            let except = registered(meter, &products, except)?;
            return page(meter, sealer, &products, &except, slice);
        }
        (Numbers::Only(only), true) => registered(meter, &products, only)?,
        (chosen, false) => {
            let mut numbers = matching(meter, &products, name, filter)?;
            choose(&mut numbers, chosen);
            numbers
        }
    };
    numbers.sort_unstable();
    let start = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(slice.rows_max()).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    for number in numbers.iter().rev().skip(start).take(limit) {
        let select = "SELECT * FROM devices WHERE number = ?1";
        rows.extend(meter.find(select, [number.0], |row| rows::device(row, sealer))?);
    }
    Ok((rows, count(numbers.len())))
}

/// Which products a list is about; the texts of its conditions always use parameter 1.
enum Among {
    Every,
    One(ProductId),
    /// JSON array of ids.
    These(String),
}

impl Among {
    fn condition(&self, column: &str) -> String {
        match self {
            Self::Every => "?1 = '*'".to_owned(),
            Self::One(_) => format!("{column} = ?1"),
            Self::These(_) => format!("{column} IN (SELECT value FROM json_each(?1))"),
        }
    }
}

impl ToSql for Among {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Every => EVERY_PRODUCT.to_sql(),
            Self::One(product) => Ok(product.as_str().into()),
            Self::These(ids) => ids.to_sql(),
        }
    }
}

/// Those of the numbers that devices of these products have, ascending and each once.
fn registered(meter: &Meter<'_>, products: &Among, numbers: &[DeviceNumber]) -> Result<Vec<DeviceNumber>, Fault> {
    meter.collect(&registered_sql(products), (products, numbers_text(numbers)), |row| Ok(DeviceNumber(row.get(0)?)))
}

/// The order of the join is fixed: a look-up for each number, never a walk over the devices.
fn registered_sql(products: &Among) -> String {
    format!(
        "SELECT DISTINCT d.number FROM json_each(?2) AS n CROSS JOIN devices AS d ON d.number = n.value
         WHERE {} ORDER BY d.number",
        products.condition("d.product")
    )
}

fn numbers_text(numbers: &[DeviceNumber]) -> String {
    let numbers: Vec<u32> = numbers.iter().map(|number| number.0).collect();
    serde_json::to_string(&numbers).expect("numbers always have a JSON form")
}

fn choose(numbers: &mut Vec<DeviceNumber>, chosen: &Numbers) {
    let set = |numbers: &[DeviceNumber]| numbers.iter().map(|number| number.0).collect::<HashSet<u32>>();
    match chosen {
        Numbers::Any => {}
        Numbers::Only(only) => {
            let only = set(only);
            numbers.retain(|number| only.contains(&number.0));
        }
        Numbers::Except(except) => {
            let except = set(except);
            numbers.retain(|number| !except.contains(&number.0));
        }
    }
}

/// A page of all devices but `except`, which are registered ones, ascending.
fn page(
    meter: &Meter<'_>,
    sealer: &Sealer,
    products: &Among,
    except: &[DeviceNumber],
    slice: Slice,
) -> Result<Rows, Fault> {
    let counted = match products {
        Among::Every => "product = ?1".to_owned(),
        Among::One(_) | Among::These(_) => products.condition("product"),
    };
    let mut counts = meter.collect(
        &format!("SELECT block, sum(devices) FROM device_counts WHERE {counted} GROUP BY block ORDER BY block DESC"),
        [products],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?.cast_unsigned())),
    )?;
    for number in except {
        let block = i64::from(number.0) >> BLOCK_BITS;
        // Newest block first.
        if let Ok(at) = counts.binary_search_by(|(known, _)| block.cmp(known)) {
            counts[at].1 = counts[at].1.saturating_sub(1);
        }
    }
    let total = counts.iter().map(|(_, devices)| devices).sum();
    let Some(window) = Window::find(&counts, slice) else { return Ok((Vec::new(), total)) };
    let in_window = |number: &&DeviceNumber| (window.lowest..=window.highest).contains(&i64::from(number.0));
    let except = numbers_text(&except.iter().filter(in_window).copied().collect::<Vec<_>>());
    let (source, listed) = match products {
        Among::Every => ("devices", "?1 = '*'".to_owned()),
        // By number alone, SQLite might walk every product's devices in the window.
        Among::One(_) | Among::These(_) => ("devices INDEXED BY devices_by_product", products.condition("product")),
    };
    let rows = meter.collect(
        &format!(
            "SELECT * FROM devices WHERE number IN (
                 SELECT number FROM {source} WHERE {listed} AND number BETWEEN ?2 AND ?3
                 AND number NOT IN (SELECT value FROM json_each(?6))
                 ORDER BY number DESC LIMIT ?4 OFFSET ?5
             ) ORDER BY number DESC"
        ),
        rusqlite::params![products, window.lowest, window.highest, window.limit, window.skip, except],
        |row| rows::device(row, sealer),
    )?;
    Ok((rows, total))
}

/// The numbers among which a page lies, and where in them it starts.
struct Window {
    lowest: i64,
    highest: i64,
    skip: i64,
    limit: i64,
}

impl Window {
    /// `counts` are (block, devices), newest block first; `None` when the page is empty.
    fn find(counts: &[(i64, u64)], slice: Slice) -> Option<Self> {
        let limit = slice.rows_max();
        let (mut before, mut start) = (0, None);
        let mut end = None;
        for (block, devices) in counts {
            if start.is_none() && before + devices > slice.offset {
                start = Some((*block, slice.offset - before));
            }
            before += devices;
            if start.is_some() {
                end = Some(*block);
                if before - slice.offset >= limit {
                    break;
                }
            }
        }
        let ((first, skip), last) = (start.filter(|_| limit > 0)?, end?);
        Some(Self {
            lowest: last << BLOCK_BITS,
            highest: ((first + 1) << BLOCK_BITS) - 1,
            skip: i64::try_from(skip).ok()?,
            limit: i64::try_from(limit).ok()?,
        })
    }
}

/// Numbers of all devices that fit, in any order.
fn matching(
    meter: &Meter<'_>,
    products: &Among,
    name: Option<&str>,
    filter: &DeviceFilter,
) -> Result<Vec<DeviceNumber>, Fault> {
    let tags = &filter.tags;
    let hidden = hidden_text(&filter.hidden);
    let mut values: Vec<&dyn ToSql> = vec![products];
    let phrase;
    let mut conditions = Vec::new();
    let (mut source, mut product, mut number) = ("devices", "devices.product", "devices.number");
    if let Some(part) = name {
        if part.len() < TRIGRAM {
            values.push(&name);
            conditions.push(format!("instr(lower(devices.name), lower(?{})) > 0", values.len()));
        } else {
            // In quotes, a phrase of the index's language is plain text; device names have no quotes.
            phrase = format!("\"{part}\"");
            values.push(&phrase);
            conditions.push(format!("device_names MATCH ?{}", values.len()));
            source = match products {
                Among::Every => "device_names",
                Among::One(_) | Among::These(_) => "device_names CROSS JOIN devices ON number = device_names.rowid",
            };
            number = "device_names.rowid";
        }
    } else if !tags.is_empty() {
        // The tag index holds the product too: the devices themselves are not touched.
        (source, product, number) = ("device_tags AS first", "first.product", "first.number");
    }
    for (at, (key, value)) in tags.iter().enumerate() {
        values.push(key);
        values.push(value);
        let (key, value) = (values.len() - 1, values.len());
        conditions.push(if at == 0 && name.is_none() {
            format!("first.key = ?{key} AND first.value = ?{value}")
        } else {
            format!("EXISTS (SELECT 1 FROM device_tags AS t WHERE t.number = {number} AND t.key = ?{key} AND t.value = ?{value})")
        });
    }
    if !filter.hidden.is_empty() {
        values.push(&hidden);
        // The inner devices come from the index of sets, whose condition is repeated here.
        conditions.push(format!(
            "{number} NOT IN (SELECT d.number FROM json_each(?{}) AS h JOIN devices AS d
             ON d.product = h.value ->> 0 AND d.tags = h.value ->> 1 AND d.tags <> '[]')",
            values.len()
        ));
    }
    let sql =
        format!("SELECT {number} FROM {source} WHERE {} AND {}", products.condition(product), conditions.join(" AND "));
    meter.collect(&sql, params_from_iter(values), |row| Ok(DeviceNumber(row.get(0)?)))
}

/// JSON: `[["PRODUCT", "[[\"key\",\"value\"]]"], ...]`, the second in the form of the column.
fn hidden_text(hidden: &[(ProductId, Vec<Tag>)]) -> String {
    let sets: Vec<_> = hidden.iter().map(|(product, tags)| (product.as_str(), rows::tags_text(tags))).collect();
    serde_json::to_string(&sets).expect("texts always have a JSON form")
}

/// Sets of tags that devices of these products carry.
pub(super) fn tag_sets(connection: &Connection, products: &[ProductId]) -> Result<Vec<(ProductId, Vec<Tag>)>, Fault> {
    let products = serde_json::to_string(products).expect("ids always have a JSON form");
    let sql = "SELECT DISTINCT product, tags FROM devices
        WHERE tags <> '[]' AND product IN (SELECT value FROM json_each(?1))";
    collect(connection, sql, [products], |row| Ok((rows::parsed(row, "product")?, rows::tags(row)?)))
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{REGISTRY, open_file};

    /// Is each number looked up, however many devices there are?
    #[test]
    fn chosen_numbers_are_looked_up_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_file(&folder.path().join("registry.db"), REGISTRY).unwrap();
        let some = || "LAMP000001".parse().unwrap();
        for among in [Among::Every, Among::One(some()), Among::These(r#"["LAMP000001"]"#.to_owned())] {
            let sql = format!("EXPLAIN QUERY PLAN {}", registered_sql(&among));
            let mut statement = connection.prepare(&sql).unwrap();
            let steps = statement.query_map((&among, "[1]"), |row| row.get::<_, String>("detail")).unwrap();
            let steps: Vec<_> = steps.map(Result::unwrap).collect();
            assert!(steps.iter().any(|step| step == "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)"), "{steps:?}");
            assert!(!steps.iter().any(|step| step.starts_with("SCAN d")), "{steps:?}");
        }
    }
}
