//! Zstandard (RFC 8878): one frame after the other, each for itself.
//!
//! Frames of a fixed length are compressed by several threads and written in order, so that the bytes do not depend on how many
//! there are. A piece that does not shrink, as most of a model does not, is stored as it is.

use std::cell::RefCell;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::rc::Rc;
use std::thread;

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// What one frame holds.
const FRAME_BYTES: usize = 4 << 20;

/// A frame that needs more memory than this is refused: what `zstd -19` asks for.
const WINDOW_BYTES_MAX: u64 = 8 << 20;

/// More threads than this do not help: the file is read by one.
const THREADS_MAX: usize = 4;

/// What is tried of a frame before all of it is compressed: so many pieces of so many bytes.
const SAMPLES: usize = 4;
const SAMPLE_BYTES: usize = 32 << 10;

/// Compresses what is written to it. [`Compressor::finish`] ends it.
#[expect(missing_debug_implementations, reason = "writers have no debug form")]
pub struct Compressor<W: Write> {
    out: W,
    /// Frames that are full, but for the last.
    waiting: Vec<Vec<u8>>,
    threads: usize,
}

impl<W: Write> Compressor<W> {
    pub fn new(out: W) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        Self { out, waiting: Vec::new(), threads }
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<W> {
        self.compress()?;
        Ok(self.out)
    }

    fn compress(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let frames: Vec<_> = thread::scope(|scope| {
            let started: Vec<_> = waiting.iter().map(|piece| scope.spawn(move || frame(piece))).collect();
            started.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        for frame in frames {
            self.out.write_all(&frame.map_err(|_| io::Error::other("the compressor failed"))?)?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.last().is_none_or(|piece| piece.len() == FRAME_BYTES) {
            if self.waiting.len() == self.threads {
                self.compress()?;
            }
            self.waiting.push(Vec::with_capacity(FRAME_BYTES));
        }
        let Some(piece) = self.waiting.last_mut() else { return Ok(0) };
        let count = bytes.len().min(FRAME_BYTES - piece.len());
        piece.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn frame(piece: &[u8]) -> Vec<u8> {
    if shrinks(piece) {
        let compressed = compress_to_vec(piece, CompressionLevel::Fastest);
        if compressed.len() < piece.len() {
            return compressed;
        }
    }
    compress_to_vec(piece, CompressionLevel::Uncompressed)
}

/// Whether it is worth the time: samples of it become an eighth shorter.
fn shrinks(piece: &[u8]) -> bool {
    if piece.len() <= SAMPLES * SAMPLE_BYTES {
        return true;
    }
    let stride = piece.len() / SAMPLES;
    let compressed: usize = (0..SAMPLES)
        .filter_map(|at| piece.get(at * stride..at * stride + SAMPLE_BYTES))
        .map(|sample| compress_to_vec(sample, CompressionLevel::Fastest).len())
        .sum();
    compressed < SAMPLES * SAMPLE_BYTES / 8 * 7
}

/// Keeps the fault of a source, which a decoder wraps into text of its own.
struct Source<R> {
    inner: R,
    fault: Rc<RefCell<Option<io::Error>>>,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => {
                    let told = io::Error::from(fault.kind());
                    *self.fault.borrow_mut() = Some(fault);
                    return Err(told);
                }
                read => return read,
            }
        }
    }
}

type Buffered<R> = BufReader<Source<R>>;

/// What is between two reads.
enum State<R: Read> {
    /// No frame is open.
    Between(Buffered<R>, Box<FrameDecoder>),
    Within(Box<StreamingDecoder<Buffered<R>, FrameDecoder>>),
    /// Done, or failed.
    Ended,
}

/// Decompresses what it reads, frame after frame. What is no frame is a fault of [`io::ErrorKind::InvalidData`]; a fault of the
/// source comes through as it was.
#[expect(missing_debug_implementations, reason = "readers have no debug form")]
pub struct Decompressor<R: Read> {
    state: State<R>,
    fault: Rc<RefCell<Option<io::Error>>>,
}

impl<R: Read> Decompressor<R> {
    pub fn new(source: R) -> Self {
        let fault = Rc::new(RefCell::new(None));
        let source = BufReader::with_capacity(256 << 10, Source { inner: source, fault: Rc::clone(&fault) });
        let mut decoder = Box::new(FrameDecoder::new());
        decoder.set_max_window_size(WINDOW_BYTES_MAX);
        Self { state: State::Between(source, decoder), fault }
    }

    fn failed(&self, text: &str) -> io::Error {
        let fault = self.fault.borrow_mut().take();
        fault.unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidData, text))
    }
}

impl<R: Read> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(mut source, decoder) => {
                    if source.fill_buf().map_err(|_| self.failed("cannot be read"))?.is_empty() {
                        return Ok(0);
                    }
                    let opened = StreamingDecoder::new_with_decoder(source, *decoder);
                    let opened = opened.map_err(|_| self.failed("is not compressed with zstd, or cut short"))?;
                    self.state = State::Within(Box::new(opened));
                }
                State::Within(mut frame) => {
                    let count = frame.read(buffer).map_err(|_| self.failed("is damaged: zstd cannot decompress it"))?;
                    if count > 0 {
                        self.state = State::Within(frame);
                        return Ok(count);
                    }
                    let (source, decoder) = frame.into_parts();
                    self.state = State::Between(source, Box::new(decoder));
                }
            }
        }
    }
}
