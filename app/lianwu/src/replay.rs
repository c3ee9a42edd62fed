//! `lianwu replay`: messages of a device or a product, to the terminal, to a file, or once more to a server.
//!
//! Reading is paged through the API or a file, sending waits for each acknowledgement: memory does not grow with the
//! window, and the position printed at the end is one to go on from.

pub mod api;
mod message;
mod options;
mod send;
mod source;
mod uplink;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

pub use options::ReplayOptions;
use send::Sender;
use source::Source;

/// What was done so far.
#[derive(Debug, Default)]
struct Progress {
    messages: u64,
    /// Of the last message that needs no repetition.
    position: Option<String>,
}

/// Runs until the window is at its end, something fails for good, or Ctrl-C.
pub fn run(options: &ReplayOptions) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    runtime.block_on(async {
        let mut progress = Progress { position: options.after.clone(), ..Progress::default() };
        let outcome = tokio::select! {
            outcome = replay(options, &mut progress) => outcome,
            stopped = tokio::signal::ctrl_c() => stopped.context("wait for Ctrl-C").and_then(|()| bail!("stopped")),
        };
        let position = progress.position.as_deref().unwrap_or("0");
        match outcome {
            Ok(summary) => {
                eprintln!("{} messages{summary}, last position {position}", progress.messages);
                Ok(())
            }
            Err(error) => {
                eprintln!("{} messages, last position {position}; go on with --after {position}", progress.messages);
                Err(error)
            }
        }
    })
}

async fn replay(options: &ReplayOptions, progress: &mut Progress) -> Result<String> {
    let mut source = Source::open(options)?;
    match &options.to_server {
        Some(address) => send_all(options, address, &mut source, progress).await,
        None => write_all(options, &mut source, progress).await,
    }
}

/// The end of the summary says what the server refused.
async fn send_all(
    options: &ReplayOptions,
    address: &str,
    source: &mut Source,
    progress: &mut Progress,
) -> Result<String> {
    let mut sender = Sender::new(options, address)?;
    while let Some(message) = source.next().await? {
        if message.is_replayed() {
            sender.send(&message).await?;
            progress.messages += 1;
        }
        progress.position = Some(message.position);
    }
    let refused = sender.finish().await?;
    match refused.last {
        Some(last) => bail!("the server refused {} of {}: {last}", refused.count, progress.messages),
        None => Ok(" sent and accepted".to_owned()),
    }
}

async fn write_all(options: &ReplayOptions, source: &mut Source, progress: &mut Progress) -> Result<String> {
    let to_file = options.out.as_ref().filter(|path| path.as_os_str() != "-");
    let as_json = options.json || to_file.is_some();
    let mut out: Box<dyn Write> = match to_file {
        Some(path) => Box::new(BufWriter::new(open(path, options.after.is_some())?)),
        None => Box::new(std::io::stdout().lock()),
    };
    while let Some(message) = source.next().await? {
        let line = if as_json { message.to_json_line()? } else { message.to_text_line() };
        if let Err(error) = writeln!(out, "{line}") {
            // Whoever reads has seen enough, as with `| head`.
            if error.kind() == std::io::ErrorKind::BrokenPipe {
                break;
            }
            return Err(error).context("write the messages");
        }
        progress.messages += 1;
        progress.position = Some(message.position);
    }
    out.flush().context("write the messages")?;
    Ok(String::new())
}

/// Goes on at the end of a file that an earlier run began, else begins a new one; never overwrites.
fn open(path: &Path, goes_on: bool) -> Result<File> {
    let mut options = File::options();
    if goes_on {
        options.append(true).create(true);
    } else {
        options.write(true).create_new(true);
    }
    options.open(path).with_context(|| format!("open {} for writing", path.display()))
}
