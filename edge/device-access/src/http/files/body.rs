//! Bodies of answers, read from the store piece by piece, and of requests.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{BodyDataStream, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use lianwu_ports::blobs::Blob;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};

/// Longest silence of a client.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Slowest transfer on the whole, in bytes a second, after [`SILENCE_MAX`].
const RATE_MIN: u64 = 4 * 1024;

/// Bytes that are read and written at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A stretch of a content. At most one piece is in memory; the next is read when the connection wants it.
pub(super) struct FileBody {
    blob: Arc<dyn Blob>,
    at: u64,
    left: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    /// A client that is slower holds its place no longer.
    deadline: Instant,
    _place: OwnedSemaphorePermit,
}

impl FileBody {
    /// `count` bytes from `first` on; the place is given back at the end.
    pub(super) fn new(blob: Arc<dyn Blob>, first: u64, count: u64, place: OwnedSemaphorePermit) -> Self {
        Self { blob, at: first, left: count, reading: None, deadline: deadline(count), _place: place }
    }
}

/// Until when so many bytes must have passed, in either direction.
pub(super) fn deadline(bytes: u64) -> Instant {
    Instant::now() + SILENCE_MAX + Duration::from_secs(bytes / RATE_MIN)
}

fn read(blob: &dyn Blob, at: u64, count: usize) -> io::Result<Bytes> {
    let mut piece = vec![0; count];
    let filled = blob.read_at(at, &mut piece).map_err(io::Error::other)?;
    if filled < count {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(piece.into())
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        if Instant::now() > this.deadline {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        let (blob, at) = (Arc::clone(&this.blob), this.at);
        let count = usize::try_from(this.left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
        let reading = this.reading.get_or_insert_with(|| tokio::task::spawn_blocking(move || read(&*blob, at, count)));
        let piece = ready!(Pin::new(reading).poll(context)).map_err(io::Error::other).flatten();
        this.reading = None;
        let piece = piece?;
        this.at += piece.len() as u64;
        this.left -= piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The next piece of a request.
pub(super) fn poll(body: &mut BodyDataStream, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
    loop {
        match ready!(Pin::new(&mut *body).poll_frame(context)) {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            // Trailers say nothing here.
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    return Poll::Ready(Some(Ok(piece)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lianwu_ports::blobs::Blobs as _;
    use lianwu_ports::blobs::memory::MemoryBlobs;
    use tokio::sync::Semaphore;

    use super::*;

    async fn next(body: &mut FileBody) -> Option<io::Result<usize>> {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        Some(frame.map(|frame| frame.into_data().map(|piece| piece.len()).unwrap_or_default()))
    }

    /// Does a client that takes its time lose its place, and not before?
    #[tokio::test(start_paused = true)]
    async fn a_slow_client_is_let_go() {
        let store = MemoryBlobs::default();
        let mut new = store.create().unwrap();
        new.write(&vec![7; 4 * PIECE_BYTES]).unwrap();
        let blob: Arc<dyn Blob> = store.open(new.finish().unwrap().digest).unwrap().unwrap().into();
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().unwrap();
        let mut body = FileBody::new(blob, 1, 3 * PIECE_BYTES as u64, place);
        assert_eq!(body.size_hint().exact(), Some(3 * PIECE_BYTES as u64));
        assert_eq!(next(&mut body).await.unwrap().unwrap(), PIECE_BYTES);
        tokio::time::advance(SILENCE_MAX).await;
        assert_eq!(next(&mut body).await.unwrap().unwrap(), PIECE_BYTES);
        tokio::time::advance(Duration::from_secs(PIECE_BYTES as u64)).await;
        assert_eq!(next(&mut body).await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(body);
        assert_eq!(places.available_permits(), 1);
    }
}
