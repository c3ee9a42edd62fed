//! The entry point of `lianwu bench`.

use crate::{
    args::{BenchArgs, FillArgs, PagesArgs, PrepareArgs, Task, VerifyArgs},
    fill,
    outcome::Outcome,
    pages, prepare, verify,
    workload::run,
};

/// Runs one task and prints what it found. Returns whether all is well: nothing lost, nothing refused, no connection
/// failed.
///
/// Blocks for as long as the task takes; threads are its own.
///
/// # Errors
/// The task could not be run to its end.
pub fn run(args: &BenchArgs) -> anyhow::Result<bool> {
    let outcome = match &args.task {
        Task::Echo(options) => run::echo(options)?,
        Task::Report(options) => run::report(options)?,
        Task::FanIn(options) => run::fan_in(options)?,
        Task::FanOut(options) => run::fan_out(options)?,
        Task::Connect(options) => run::connect(options)?,
        Task::Idle(options) => run::idle(options)?,
        Task::Prepare(options) => return run_prepare(options, args.json),
        Task::Fill(options) => return run_fill(options, args.json),
        Task::Verify(options) => return run_verify(options, args.json),
        Task::Pages(options) => return run_pages(options, args.json),
        Task::Heading => {
            println!("{}", Outcome::row_heading());
            return Ok(true);
        }
    };
    if args.json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else if let Some(label) = &args.row {
        println!("{}", outcome.row(label));
    } else {
        print!("{}", outcome.text());
    }
    Ok(outcome.lost == 0 && outcome.refused == 0 && outcome.connections_failed == 0)
}

fn run_prepare(options: &PrepareArgs, json: bool) -> anyhow::Result<bool> {
    let devices = tokio::runtime::Runtime::new()?.block_on(prepare::prepare(options))?;
    let product = devices.first().map_or("", |device| &device.product);
    if json {
        println!("{}", serde_json::json!({"product": product, "devices": devices.len(), "credentials": options.out}));
    } else {
        println!("product {product} with {} devices, credentials in {}", devices.len(), options.out.display());
    }
    Ok(true)
}

fn run_fill(options: &FillArgs, json: bool) -> anyhow::Result<bool> {
    let filled = tokio::runtime::Runtime::new()?.block_on(fill::fill(options))?;
    if json {
        println!("{}", serde_json::to_string(&filled)?);
    } else {
        let fill::Filled { product, device, values, events, messages, seconds } = filled;
        println!(
            "{product}/{device} has {values} values and {events} events more, sent in {messages} messages and {seconds:.1} s"
        );
    }
    Ok(true)
}

fn run_pages(options: &PagesArgs, json: bool) -> anyhow::Result<bool> {
    let figures = tokio::runtime::Runtime::new()?.block_on(pages::pages(options))?;
    if json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        print!("{}", pages::table(&figures));
    }
    Ok(true)
}

fn run_verify(options: &VerifyArgs, json: bool) -> anyhow::Result<bool> {
    let verdict = tokio::runtime::Runtime::new()?.block_on(verify::verify(options))?;
    if json {
        println!("{}", serde_json::to_string(&verdict)?);
    } else {
        print!("{}", verdict.text());
    }
    Ok(verdict.is_good())
}
