//! A recording, taken apart. Its grammar stands at the head of `c_samples.rs`.

/// One recording, as its file says it.
pub struct Recording<'a> {
    /// When it began, UNIX milliseconds.
    pub clock: u64,
    pub gateway_product: Option<&'a str>,
    pub raw_product: Option<&'a str>,
    pub may_bind: Option<&'a str>,
    pub devices: Vec<Recorded<'a>>,
    /// Name and length of a file of the first device's product.
    pub file: Option<(&'a str, usize)>,
    /// The thing model, where it is not the lamp's.
    pub model: Option<&'a str>,
    /// The cipher suites, where they are not those of the C SDK 3.2.1.
    pub suites: Option<&'a str>,
    /// The request of a websocket.
    pub upgrade: Option<Vec<u8>>,
    /// What the cloud made up, and makes up anew each time.
    pub made: Vec<&'a str>,
    pub steps: Vec<Step<'a>>,
}

/// A device that took part.
pub struct Recorded<'a> {
    pub product: &'a str,
    pub name: &'a str,
    /// Base64; `None` for a device with a certificate.
    pub secret: Option<&'a str>,
    /// The gateway it was bound to.
    pub gateway: Option<&'a str>,
}

pub enum Step<'a> {
    /// A packet of the sample.
    Sends(Vec<u8>),
    /// An answer it got.
    Gets(&'a str),
    /// A request over HTTP, without its body, and its answer.
    Asks(Vec<u8>),
    Told(&'a str),
    /// A call of the cloud API, and the version of the service.
    Calls {
        version: &'a str,
        operation: &'a str,
        parameters: &'a str,
    },
}

/// The first `N` words; the last is all that is left.
pub fn words<const N: usize>(text: &str) -> [&str; N] {
    let mut words = text.splitn(N, ' ');
    std::array::from_fn(|_| words.next().unwrap_or_else(|| panic!("{N} words in {text}")))
}

/// The bytes behind `\xNN` and `\\`.
pub fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        let length = match (byte, after.first()) {
            (b'\\', Some(b'\\')) => 2,
            (b'\\', _) => 4,
            _ => 1,
        };
        let digits = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        bytes.push(if length == 4 { u8::from_str_radix(&digits(&rest[2..4]), 16).expect("\\xNN") } else { *byte });
        rest = &rest[length..];
    }
    bytes
}

impl<'a> Recording<'a> {
    pub fn parse(text: &'a str) -> Self {
        let mut found = Self {
            clock: 0,
            gateway_product: None,
            raw_product: None,
            may_bind: None,
            devices: Vec::new(),
            file: None,
            model: None,
            suites: None,
            upgrade: None,
            made: Vec::new(),
            steps: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let [what, rest] = words(line);
            match what {
                "clock" => found.clock = rest.parse().expect("milliseconds"),
                "made" => found.made.push(rest),
                "file" => {
                    let [name, length] = words(rest);
                    found.file = Some((name, length.parse().expect("a number")));
                }
                "model" => found.model = Some(rest),
                "suites" => found.suites = Some(rest),
                "upgrade" => found.upgrade = Some(unescaped(rest)),
                "may-bind" => found.may_bind = Some(rest),
                "product" => {
                    let [product, kind] = words(rest);
                    let slot = if kind == "gateway" { &mut found.gateway_product } else { &mut found.raw_product };
                    *slot = Some(product);
                }
                "bound" => found.devices.last_mut().expect("a device before it").gateway = Some(rest),
                "device" => {
                    let [product, name, secret] = words(rest);
                    let secret = (secret != "-").then_some(secret);
                    found.devices.push(Recorded { product, name, secret, gateway: None });
                }
                _ => found.steps.push(Step::parse(what, rest)),
            }
        }
        found
    }
}

impl<'a> Step<'a> {
    fn parse(what: &str, rest: &'a str) -> Self {
        match what {
            ">" => Self::Sends(unescaped(rest)),
            "<" => Self::Gets(rest),
            "@" => Self::Asks(unescaped(rest)),
            "@=" => Self::Told(rest),
            "!" => {
                let [service, operation, parameters] = words(rest);
                let version = match service {
                    "iotexplorer" => "2019-04-23",
                    "iotcloud" => "2021-04-08",
                    "lianwu" => "2026-11-01",
                    other => panic!("{other} is no service"),
                };
                Self::Calls { version, operation, parameters }
            }
            other => panic!("{other} in a recording"),
        }
    }
}
