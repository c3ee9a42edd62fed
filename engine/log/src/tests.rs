//! What the log promises, on a simulated disk.

mod crash;
mod faults;
mod world;
