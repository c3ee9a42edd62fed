//! Conducts a run: starts the threads, waits until all clients are ready, switches stages, reads the server's use.

use std::{thread, time::Duration};

use anyhow::{Context as _, bail};

use crate::{
    engine::{Behaviour, Control, Engine, Opening, Stage},
    process::{self, CpuTimes, Memory, Ticks},
};

/// How often the conductor looks.
const LOOK: Duration = Duration::from_millis(5);

/// The times of a run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub opening: Opening,
    pub threads: usize,
    /// Until all clients must be ready.
    pub connect_max: Duration,
    pub warm_up: Duration,
    pub measure: Duration,
    /// How long answers are awaited after the last message.
    pub drain_max: Duration,
    pub server_pids: Vec<u32>,
}

/// What a run has left.
pub(crate) struct Run<B> {
    pub behaviours: Vec<B>,
    /// How long was measured.
    pub measured: Duration,
    /// How long it took to get all clients ready.
    pub connecting: Duration,
    pub generator: Ticks,
    pub server: Option<ServerUse>,
}

impl<B> Run<B> {
    /// Hands each thread's behaviour to `take`, and keeps the rest.
    pub fn map(self, take: impl FnMut(B)) -> Run<()> {
        self.behaviours.into_iter().for_each(take);
        Run {
            behaviours: Vec::new(),
            measured: self.measured,
            connecting: self.connecting,
            generator: self.generator,
            server: self.server,
        }
    }
}

/// What the server used while it was measured.
#[derive(Debug, Clone)]
pub(crate) struct ServerUse {
    pub total: Ticks,
    pub threads: Vec<(String, Ticks)>,
    /// Before the first connection.
    pub memory_before: Memory,
    /// At the end of measuring.
    pub memory_after: Memory,
}

/// Runs one behaviour per thread; `make` is given the thread's number and the run's control.
///
/// # Errors
/// A thread cannot start or fails, clients are not ready in time, or the server process cannot be read.
pub(crate) fn conduct<B: Behaviour + Send>(
    plan: &Plan,
    control: &Control,
    make: impl Fn(usize) -> anyhow::Result<B>,
) -> anyhow::Result<Run<B>> {
    let mut engines = Vec::new();
    let mut clients = 0;
    for number in 0..plan.threads {
        let behaviour = make(number)?;
        clients += behaviour.clients();
        engines.push(Engine::new(behaviour, control, plan.opening.clone())?);
    }
    let memory_before = process::memory_of(&plan.server_pids).context("read memory of the server")?;
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for (number, engine) in engines.into_iter().enumerate() {
            let builder = thread::Builder::new().name(format!("bench-{number}"));
            threads.push(builder.spawn_scoped(scope, move || engine.run()).context("start a generator thread")?);
        }
        let is_over = || threads.iter().any(thread::ScopedJoinHandle::is_finished);
        let measurement = measure(plan, control, clients, is_over);
        if measurement.is_err() {
            control.set_stage(Stage::Stop);
        }
        // Threads leave by themselves when nothing is on the way any more.
        let drain_end = control.clock.now() + plan.drain_max.as_nanos() as u64;
        while control.clock.now() < drain_end && !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
            thread::sleep(LOOK);
        }
        control.set_stage(Stage::Stop);
        let mut behaviours = Vec::new();
        for thread in threads {
            behaviours.push(thread.join().map_err(|_| anyhow::anyhow!("a generator thread panicked"))??);
        }
        let (measured, connecting, generator, used) = measurement?;
        let server =
            used.map(|(total, threads, memory_after)| ServerUse { total, threads, memory_before, memory_after });
        Ok(Run { behaviours, measured, connecting, generator, server })
    })
}

type Use = (Ticks, Vec<(String, Ticks)>, Memory);

fn measure(
    plan: &Plan,
    control: &Control,
    clients: usize,
    is_over: impl Fn() -> bool,
) -> anyhow::Result<(Duration, Duration, Ticks, Option<Use>)> {
    let connect_max = plan.connect_max.as_nanos() as u64;
    while control.ready() < clients && !is_over() {
        if control.clock.now() > connect_max {
            bail!("{} of {clients} clients are ready after {:?}", control.ready(), plan.connect_max);
        }
        thread::sleep(LOOK);
    }
    let connecting = Duration::from_nanos(control.clock.now());
    control.set_stage(Stage::WarmUp);
    wait(plan.warm_up, control, &is_over);
    let own = [std::process::id()];
    let generator_before = process::cpu_of(&own).context("read own processor time")?;
    let server_before = read_server(plan)?;
    let start = control.clock.now();
    control.set_stage(Stage::Measure);
    wait(plan.measure, control, &is_over);
    control.set_stage(Stage::Drain);
    let measured = Duration::from_nanos(control.clock.now() - start);
    let (generator, _) = process::cpu_of(&own).context("read own processor time")?.since(&generator_before);
    let mut used = None;
    if !plan.server_pids.is_empty() {
        let (total, threads) = read_server(plan)?.since(&server_before);
        let memory = process::memory_of(&plan.server_pids).context("read memory of the server")?;
        used = Some((total, threads, memory));
    }
    Ok((measured, connecting, generator, used))
}

fn read_server(plan: &Plan) -> anyhow::Result<CpuTimes> {
    process::cpu_of(&plan.server_pids).context("read processor time of the server")
}

/// Waits, but not for threads that have nothing left to do.
fn wait(duration: Duration, control: &Control, is_over: &impl Fn() -> bool) {
    let end = control.clock.now() + duration.as_nanos() as u64;
    while !is_over() {
        let Some(left) = end.checked_sub(control.clock.now()).filter(|&left| left > 0) else { return };
        thread::sleep(Duration::from_nanos(left).min(LOOK));
    }
}
