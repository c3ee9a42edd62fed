//! Walking the members of one object without looking inside their values.

use super::{ScanError, Scanner, StringToken};

/// Iterator made by [`members`].
#[derive(Debug, Clone)]
pub struct Members<'a> {
    scanner: Scanner<'a>,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Before,
    Inside,
    Done,
}

/// The members of an object in the order of the text: key token and raw text of the value.
///
/// Keys may repeat: the last one counts. A text that is no object, or breaks in the middle, yields one error, then
/// the iterator ends.
#[must_use]
pub fn members(object: &[u8]) -> Members<'_> {
    Members { scanner: Scanner::new(object), state: State::Before }
}

impl<'a> Members<'a> {
    fn advance(&mut self) -> Result<Option<(StringToken<'a>, &'a [u8])>, ScanError> {
        if let State::Before = self.state {
            self.scanner.enter_object()?;
            self.state = State::Inside;
        }
        match self.scanner.next_member()? {
            Some(key) => Ok(Some((key, self.scanner.skip_value()?))),
            None => {
                self.state = State::Done;
                self.scanner.finish()?;
                Ok(None)
            }
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<(StringToken<'a>, &'a [u8]), ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let State::Done = self.state {
            return None;
        }
        let item = self.advance();
        if item.is_err() {
            self.state = State::Done;
        }
        item.transpose()
    }
}
