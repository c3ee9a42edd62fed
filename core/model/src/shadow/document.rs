//! The document as people, devices and the state table read it.

use super::tree::Tree;
use super::{Metadata, Shadow};
use crate::UnixMillis;
use crate::json::members;

impl Shadow {
    /// Appends `{"state":{"reported":..,"desired":..,"delta":..},..,"timestamp":..,"version":..}`; parts with nothing in
    /// them are left out.
    pub fn write_document(&self, metadata: Metadata, out: &mut Vec<u8>) {
        let delta = self.desired.without(&self.reported);
        let parts = [("reported", &self.reported), ("desired", &self.desired), ("delta", &delta)];
        out.extend_from_slice(br#"{"state":"#);
        write_parts(&parts, Tree::write, out);
        if metadata == Metadata::With {
            out.extend_from_slice(br#","metadata":"#);
            write_parts(&parts[..2], Tree::write_times, out);
        }
        out.extend_from_slice(format!(r#","timestamp":{},"version":{}}}"#, self.updated, self.version).as_bytes());
    }

    /// Appends `{"state":<delta>,"version":..,"timestamp":..}`: what is asked of the device.
    pub fn write_delta(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"state":"#);
        self.desired.without(&self.reported).write(out);
        out.extend_from_slice(format!(r#","version":{},"timestamp":{}}}"#, self.version, self.updated).as_bytes());
    }

    /// For storage.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let mut out = format!(r#"{{"version":{},"timestamp":{},"reported":"#, self.version, self.updated).into_bytes();
        self.reported.write_stored(&mut out);
        out.extend_from_slice(br#","desired":"#);
        self.desired.write_stored(&mut out);
        out.push(b'}');
        out
    }

    /// `None` when the text was not made by [`Shadow::to_stored`].
    #[must_use]
    pub fn from_stored(text: &[u8]) -> Option<Self> {
        let mut shadow = Self::default();
        for member in members(text) {
            let (key, value) = member.ok()?;
            let number = || std::str::from_utf8(value).ok()?.parse().ok();
            match key.raw() {
                br#""version""# => shadow.version = number()?,
                br#""timestamp""# => shadow.updated = UnixMillis(number()?),
                br#""reported""# => shadow.reported = Tree::read_stored(value)?,
                br#""desired""# => shadow.desired = Tree::read_stored(value)?,
                _ => return None,
            }
        }
        Some(shadow)
    }
}

fn write_parts(parts: &[(&str, &Tree)], write: fn(&Tree, &mut Vec<u8>), out: &mut Vec<u8>) {
    out.push(b'{');
    let mut is_first = true;
    for (name, tree) in parts.iter().filter(|(_, tree)| !tree.is_empty()) {
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        out.extend_from_slice(format!(r#""{name}":"#).as_bytes());
        write(tree, out);
    }
    out.push(b'}');
}
