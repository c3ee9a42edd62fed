//! One page's socket, from its first message to its end.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use lianwu_cloud_api::{ApiError, Asked, Language, WatchRefused, shown};
use lianwu_services::account::{self, SignedIn};
use lianwu_services::live::{Live, TooManyWatches, Watching};
use subtle::ConstantTimeEq as _;
use tokio::sync::Notify;
use tokio::time::{Instant, interval, interval_at, sleep_until, timeout};
use tracing::debug;

use super::places::Place;
use super::words::{Ending, Hello, Said, Shown, Told, refused};
use crate::audit::SHOWN_AS;
use crate::host::{Console, Visitor};

/// How long the first message may take.
const HELLO_WAIT_MAX: Duration = Duration::from_secs(10);

/// Logs one page watches at a time.
const WATCHES_MAX: usize = 8;

/// Between two messages with lines.
const BATCH_PERIOD: Duration = Duration::from_millis(250);

/// Lines of one message, and bytes behind which no more go into it.
const BATCH_LINES_MAX: usize = 256;
const BATCH_BYTES_MAX: usize = 128 * 1024;

/// How often login and rights are looked at again.
const CHECK_PERIOD: Duration = Duration::from_secs(2);

/// How often the other side is asked whether it is there, and how long it may be silent.
const PING_PERIOD: Duration = Duration::from_secs(20);
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// How long a socket may be open for nothing.
const IDLE_MAX: Duration = Duration::from_secs(300);

/// How long a page may leave a message unread.
const UNREAD_MAX: Duration = Duration::from_secs(20);

/// How long the last words may take.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// A page's socket, and who looks at it.
pub(super) struct Session {
    console: Console,
    live: Live,
    signed_in: SignedIn,
    page_token: String,
    language: Language,
    source: Option<IpAddr>,
    watches: BTreeMap<u32, Watched>,
    /// Lines wait.
    wake: Arc<Notify>,
    /// Whose turn it is first when a message cannot hold everything.
    first: u32,
    heard: Instant,
    busy: Instant,
    _place: Place,
}

struct Watched {
    watching: Watching,
    /// What was asked for: its rights are looked at again.
    request: Bytes,
}

impl Session {
    pub(super) fn new(
        console: &Console,
        live: Live,
        visitor: Visitor,
        place: Place,
        language: Language,
        source: Option<IpAddr>,
    ) -> Self {
        let now = Instant::now();
        Self {
            console: console.clone(),
            live,
            page_token: visitor.token.page_token(),
            signed_in: visitor.signed_in,
            language,
            source,
            watches: BTreeMap::new(),
            wake: Arc::default(),
            first: 0,
            heard: now,
            busy: now,
            _place: place,
        }
    }

    pub(super) async fn run(mut self, mut socket: WebSocket) {
        let Err(ending) = self.talk(&mut socket).await;
        debug!(uin = %self.signed_in.member.principal.uin, ?ending, "a page's live view ends");
        if let Some(frame) = ending.frame() {
            // Whether it arrives or not, that was it.
            let _ = timeout(GOODBYE_MAX, socket.send(Message::Close(Some(frame)))).await;
        }
    }

    async fn talk(&mut self, socket: &mut WebSocket) -> Result<std::convert::Infallible, Ending> {
        self.greet(socket).await?;
        let live = self.live.clone();
        let ended = live.ended();
        tokio::pin!(ended);
        let wake = Arc::clone(&self.wake);
        let (mut next_batch, mut waits) = (Instant::now(), false);
        let mut check = interval(CHECK_PERIOD);
        let mut ping = interval_at(next_batch + PING_PERIOD, PING_PERIOD);
        loop {
            tokio::select! {
                () = &mut ended => return Err(Ending::Stopping),
                message = socket.recv() => self.hear(socket, message).await?,
                _ = check.tick() => self.check(socket).await?,
                _ = ping.tick() => self.ping(socket).await?,
                () = wake.notified(), if !waits => waits = true,
                () = sleep_until(next_batch), if waits => {
                    waits = self.show(socket).await?;
                    next_batch = Instant::now() + BATCH_PERIOD;
                }
            }
        }
    }

    /// Nothing is said before the page has shown its token.
    async fn greet(&mut self, socket: &mut WebSocket) -> Result<(), Ending> {
        let first = timeout(HELLO_WAIT_MAX, socket.recv()).await.map_err(|_| Ending::TooLate)?;
        let text = match first {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_))) | None => return Err(Ending::Gone),
            Some(_) => return Err(Ending::Unreadable),
        };
        let hello: Hello = serde_json::from_str(&text).map_err(|_| Ending::Unreadable)?;
        if !bool::from(hello.csrf_token.as_bytes().ct_eq(self.page_token.as_bytes())) {
            return Err(Ending::PageToken);
        }
        if hello.language.is_some() {
            self.language = Language::from_tag(hello.language.as_deref());
        }
        self.heard = Instant::now();
        self.send(socket, Told::Ready { time: self.now() }.text()).await
    }

    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Ending> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                self.heard = Instant::now();
                return Ok(());
            }
            Some(Ok(Message::Close(_))) | None => return Err(Ending::Gone),
            Some(Ok(Message::Binary(_)) | Err(_)) => return Err(Ending::Unreadable),
        };
        self.heard = Instant::now();
        match Said::parse(&text).ok_or(Ending::Unreadable)? {
            Said::Watch { watch, request } => {
                let answer = self.watch(watch, request).await;
                self.send(socket, answer).await
            }
            Said::Unwatch { watch } => {
                self.watches.remove(&watch);
                self.busy = Instant::now();
                Ok(())
            }
        }
    }

    async fn watch(&mut self, watch: u32, request: Bytes) -> Utf8Bytes {
        self.watches.remove(&watch);
        let member = Arc::clone(&self.signed_in.member);
        let outcome = if self.watches.len() < WATCHES_MAX {
            self.console.api.watch_as(member, self.asked(&request)).await
        } else {
            Err(unheard(too_many_of_page()))
        };
        let watching = outcome.and_then(|wanted| {
            let watching = self.live.watch(wanted, Arc::clone(&self.wake));
            watching.map_err(|TooManyWatches| unheard(too_many_of_all()))
        });
        match watching {
            Ok(watching) => {
                self.watches.insert(watch, Watched { watching, request });
                Told::Watching { watch, time: self.now() }.text()
            }
            Err(error) => refused(watch, &error, self.language),
        }
    }

    fn asked(&self, request: &Bytes) -> Asked<'static> {
        Asked {
            shown_as: SHOWN_AS,
            version: "",
            action: "",
            region: None,
            language: self.language,
            client: SHOWN_AS,
            source: self.source,
            body: request.clone(),
        }
    }

    /// Does the login go on, and may it still see what it watches?
    async fn check(&mut self, socket: &mut WebSocket) -> Result<(), Ending> {
        let still = account::still_signed_in(&self.console.platform, &self.signed_in);
        self.signed_in = still.filter(|login| !login.must_change_password).ok_or(Ending::SignedOut)?;
        let mut ended = Vec::new();
        for (watch, watched) in &self.watches {
            let member = Arc::clone(&self.signed_in.member);
            if let Err(error) = self.console.api.still_watch_as(member, self.asked(&watched.request)).await {
                ended.push((*watch, error));
            }
        }
        for (watch, error) in ended {
            self.watches.remove(&watch);
            self.busy = Instant::now();
            self.send(socket, refused(watch, &error, self.language)).await?;
        }
        Ok(())
    }

    async fn ping(&mut self, socket: &mut WebSocket) -> Result<(), Ending> {
        if self.heard.elapsed() > SILENCE_MAX {
            return Err(Ending::Silent);
        }
        if self.watches.is_empty() && self.busy.elapsed() > IDLE_MAX {
            return Err(Ending::Idle);
        }
        self.put(socket, Message::Ping(Bytes::new())).await?;
        self.send(socket, Told::Alive { time: self.now() }.text()).await
    }

    /// Sends what waits, as much as fits into one message; `true` when more waits.
    async fn show(&mut self, socket: &mut WebSocket) -> Result<bool, Ending> {
        let (mut lines_left, mut bytes_left, mut waits) = (BATCH_LINES_MAX, BATCH_BYTES_MAX, false);
        let mut watches = Vec::new();
        let turn = self.watches.range(self.first..).chain(self.watches.range(..self.first));
        for (watch, watched) in turn {
            if lines_left == 0 || bytes_left == 0 {
                (self.first, waits) = (*watch, true);
                break;
            }
            let taken = watched.watching.take(lines_left, bytes_left);
            lines_left -= taken.lines.len();
            bytes_left = bytes_left.saturating_sub(taken.bytes());
            waits |= taken.has_more;
            if !taken.is_empty() {
                let rows = taken.lines.iter().rev().map(|line| shown(line)).collect();
                watches.push(Shown { watch: *watch, rows, missed: taken.missed, has_gap: taken.has_gap });
            }
        }
        if !watches.is_empty() {
            self.send(socket, Told::Rows { time: self.now(), watches }.text()).await?;
        }
        Ok(waits)
    }

    fn now(&self) -> u64 {
        self.console.platform.clock.now().0
    }

    async fn send(&self, socket: &mut WebSocket, text: Utf8Bytes) -> Result<(), Ending> {
        self.put(socket, Message::Text(text)).await
    }

    /// Until it is written nothing else is done for this page; lines that come meanwhile wait in their bound.
    async fn put(&self, socket: &mut WebSocket, message: Message) -> Result<(), Ending> {
        match timeout(UNREAD_MAX, socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::NotReading),
        }
    }
}

/// A refusal without a call.
fn unheard(error: ApiError) -> WatchRefused {
    WatchRefused { error, request_id: uuid::Uuid::new_v4().to_string().into() }
}

fn too_many_of_page() -> ApiError {
    ApiError::new(
        "LimitExceeded.LiveWatches",
        format!("一个页面最多同时查看 {WATCHES_MAX} 个实时日志。"),
        format!("A page watches at most {WATCHES_MAX} logs at a time."),
    )
}

fn too_many_of_all() -> ApiError {
    let max = lianwu_services::live::WATCHES_MAX;
    ApiError::new(
        "LimitExceeded.LiveWatches",
        format!("平台上最多同时查看 {max} 个实时日志，请稍后再试。"),
        format!("At most {max} logs are watched on the platform at a time; try again later."),
    )
}
