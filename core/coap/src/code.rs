//! Request methods and response codes.

use std::fmt;

/// Class and detail of a message, as in `4.01`. Source: RFC 7252 §3, §12.1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u8);

impl Code {
    /// No request and no response: an acknowledgement, a reset or a ping.
    pub const EMPTY: Self = Self(0);
    pub const GET: Self = Self::new(0, 1);
    pub const POST: Self = Self::new(0, 2);
    pub const CONTENT: Self = Self::new(2, 5);
    pub const BAD_REQUEST: Self = Self::new(4, 0);
    pub const UNAUTHORIZED: Self = Self::new(4, 1);
    pub const BAD_OPTION: Self = Self::new(4, 2);
    pub const FORBIDDEN: Self = Self::new(4, 3);
    pub const NOT_FOUND: Self = Self::new(4, 4);
    pub const METHOD_NOT_ALLOWED: Self = Self::new(4, 5);
    pub const TOO_LARGE: Self = Self::new(4, 13);
    pub const UNAVAILABLE: Self = Self::new(5, 3);

    /// `class` 0 to 7, `detail` 0 to 31; higher bits are cut off.
    #[must_use]
    pub const fn new(class: u8, detail: u8) -> Self {
        Self((class & 0b111) << 5 | detail & 0b1_1111)
    }

    /// 0: request, 2: success, 4: the client's fault, 5: the server's.
    #[must_use]
    pub const fn class(self) -> u8 {
        self.0 >> 5
    }

    #[must_use]
    pub const fn detail(self) -> u8 {
        self.0 & 0b1_1111
    }

    #[must_use]
    pub const fn is_request(self) -> bool {
        self.class() == 0 && self.detail() != 0
    }

    #[must_use]
    pub const fn is_response(self) -> bool {
        matches!(self.class(), 2 | 4 | 5)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.class(), self.detail())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
