//! The command line of `lianwu replay`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::Timestamp;
use lianwu_model::{DeviceName, ProductId};

#[derive(Args)]
pub struct ReplayOptions {
    /// PRODUCT or PRODUCT/DEVICE
    #[arg(value_name = "PRODUCT[/DEVICE]")]
    pub what: Subject,
    /// Begin of the window by commit time: RFC 3339 such as 2026-11-23T08:00:00+08:00, or back from now such as -1h
    #[arg(long, value_name = "TIME", default_value = "-1h", allow_hyphen_values = true, value_parser = time)]
    pub from: Timestamp,
    /// End of the window
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true, value_parser = time)]
    pub to: Timestamp,
    /// Go on behind this position; with --out FILE lines are appended
    #[arg(long, value_name = "POSITION")]
    pub after: Option<String>,
    /// Take address and key of the server from the file it wrote at its first start
    #[arg(long, value_name = "FILE")]
    pub first_run: Option<PathBuf>,
    /// Host and port of the cloud API; with the key in the environment this replaces --first-run
    #[arg(long, value_name = "HOST:PORT", env = "LIANWU_ENDPOINT")]
    pub endpoint: Option<String>,
    #[arg(long, env = "LIANWU_SECRET_ID")]
    pub secret_id: Option<String>,
    #[arg(long, env = "LIANWU_SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<String>,
    #[arg(long, default_value = "ap-guangzhou")]
    pub region: String,
    /// Read messages from a file that --out wrote, instead of from a server
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Write JSON lines to this file; - is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "to_server")]
    pub out: Option<PathBuf>,
    /// JSON lines on standard output, too
    #[arg(long)]
    pub json: bool,
    /// Send the accepted messages from devices once more, to this MQTT listener
    #[arg(long, value_name = "HOST:PORT")]
    pub to_server: Option<String>,
    /// The product on that server, when it has another id
    #[arg(long, value_name = "PRODUCT", requires = "to_server")]
    pub to_product: Option<ProductId>,
    /// Secrets of the devices there: lines product,device,secret or the same as JSON
    #[arg(long, value_name = "FILE", requires = "to_server")]
    pub credentials: Option<PathBuf>,
    /// Ask the API of the server sent to for the secrets, instead of --credentials
    #[arg(long, value_name = "FILE", requires = "to_server", conflicts_with = "credentials")]
    pub to_first_run: Option<PathBuf>,
    /// original, max, or how many times the original pace
    #[arg(long, default_value = "max", value_parser = speed)]
    pub speed: Speed,
}

impl std::fmt::Debug for ReplayOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplayOptions").field("what", &self.what).finish_non_exhaustive()
    }
}

/// Whose messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub product: ProductId,
    pub device: Option<DeviceName>,
}

impl std::str::FromStr for Subject {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (product, device) = match text.split_once('/') {
            Some((product, device)) => (product, Some(device.parse()?)),
            None => (text, None),
        };
        Ok(Self { product: product.parse()?, device })
    }
}

/// How fast messages are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As fast as they are acknowledged.
    Max,
    /// Original distances divided by this.
    Times(f64),
}

fn speed(text: &str) -> Result<Speed> {
    match text {
        "max" => Ok(Speed::Max),
        "original" => Ok(Speed::Times(1.0)),
        number => match number.parse() {
            Ok(times) if (0.001..=1_000_000.0).contains(&times) => Ok(Speed::Times(times)),
            _ => bail!("expected original, max or a number between 0.001 and 1000000"),
        },
    }
}

fn time(text: &str) -> Result<Timestamp> {
    if text == "now" {
        return Ok(Timestamp::now());
    }
    let Some(back) = text.strip_prefix('-') else {
        return text.parse().context("expected RFC 3339, now, or a time back from now such as -90m");
    };
    let split = back.find(|character: char| !character.is_ascii_digit()).unwrap_or(back.len());
    let (number, unit) = back.split_at(split);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => bail!("expected a number with s, m, h or d behind it, such as -90m"),
    };
    let number: u64 = number.parse().context("expected a number before the unit")?;
    Ok(Timestamp::now().checked_sub(Duration::from_secs(number.saturating_mul(seconds)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_back_from_now() {
        assert_eq!(time("2026-11-23T08:00:00+08:00").unwrap(), "2026-11-23T00:00:00Z".parse().unwrap());
        for (text, seconds) in [("-30s", 30), ("-90m", 5_400), ("-1h", 3_600), ("-2d", 172_800), ("now", 0)] {
            let (before, read) = (Timestamp::now(), time(text).unwrap());
            let back = Duration::from_secs(seconds);
            assert!(before - back <= read && read <= Timestamp::now() - back, "{text}");
        }
        for wrong in ["", "-", "-h", "-1", "-1w", "yesterday", "2026-11-23", "-99999999999999999999d"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn speeds() {
        assert_eq!(speed("max").unwrap(), Speed::Max);
        assert_eq!(speed("original").unwrap(), Speed::Times(1.0));
        assert_eq!(speed("2.5").unwrap(), Speed::Times(2.5));
        for wrong in ["0", "-1", "NaN", "inf", "fast"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_subject_is_a_product_or_a_device() {
        let device: Subject = "LAMP000001/hall".parse().unwrap();
        assert_eq!((device.product.as_str(), device.device.unwrap().as_str()), ("LAMP000001", "hall"));
        assert_eq!("LAMP000001".parse::<Subject>().unwrap().device, None);
        assert!("lamp".parse::<Subject>().is_err() && "LAMP000001/".parse::<Subject>().is_err());
    }
}
