//! Which calls are followed one by one, and how a trace goes on at both ends.

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use super::fact::SpanIds;
use crate::attempt::Attempt;
use crate::config::{Ratio, Settings};

/// Where a caller's trace is, as <https://www.w3.org/TR/trace-context/> says.
const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// What is to be noted of single calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seeing {
    /// Of how many calls spans are made; none if nobody takes them.
    pub sample: Option<Ratio>,
    /// Whether a caller's `traceparent` is gone on with.
    pub accept: bool,
    /// Whether upstreams are told the trace.
    pub forward: bool,
    /// Whether each call is noted.
    pub calls: bool,
    /// Whether refused calls are noted.
    pub refusals: bool,
    /// Of how many bytes of a request's body are noted; none unless settings say so.
    pub prompt_bytes: Option<usize>,
}

impl Seeing {
    /// What settings ask for.
    pub fn of(settings: &Settings) -> Seeing {
        let telemetry = settings.telemetry.as_ref();
        let log = settings.log.as_ref();
        Seeing {
            sample: telemetry.map(|telemetry| telemetry.sample),
            accept: telemetry.is_some_and(|telemetry| telemetry.accept_traceparent),
            forward: telemetry.is_some_and(|telemetry| telemetry.forward_traceparent),
            calls: log.is_some_and(|log| log.calls),
            refusals: log.is_some(),
            prompt_bytes: log.filter(|log| log.prompts).map(|log| log.prompt_bytes_max),
        }
    }

    /// Ids for the span of the `nth` call, if there is to be one.
    pub fn trace(&self, headers: &HeaderMap, nth: u64) -> Option<SpanIds> {
        let ratio = self.sample?;
        let parent = if self.accept { parent(headers) } else { None };
        let sampled = match parent {
            // Whoever began the trace has decided.
            Some((_, _, sampled)) => sampled,
            None => ratio.takes(nth),
        };
        if !sampled {
            return None;
        }
        let span = random()?;
        let (trace, parent) = match parent {
            Some((trace, parent, _)) => (trace, Some(parent)),
            None => ([random()?, random()?].concat().try_into().ok()?, None),
        };
        Some(SpanIds { trace, span, parent })
    }
}

/// A span id of its own; `None` if the system has no random numbers, and then nothing is followed.
pub fn random() -> Option<[u8; 8]> {
    Some(getrandom::u64().ok()?.max(1).to_be_bytes())
}

/// Whether a header is about a trace, which upstreams are told of only where settings say so.
pub(crate) fn is_context(name: &HeaderName) -> bool {
    *name == PARENT || *name == STATE || *name == BAGGAGE
}

/// Tells an upstream the trace, where settings say so: that of the attempt, or the caller's as it
/// came where the call is not followed.
pub(crate) fn put_context(
    attempt: &Attempt,
    headers: &HeaderMap,
    mut put: impl FnMut(&HeaderName, &[u8]),
) {
    if !attempt.call.world.wired.seeing.forward {
        return;
    }
    let mut pass = |name: &HeaderName| {
        if let Some(value) = headers.get(name) {
            put(name, value.as_bytes());
        }
    };
    match attempt.ids() {
        None => [PARENT, STATE, BAGGAGE].iter().for_each(pass),
        Some(ids) => {
            if ids.follows_caller {
                [STATE, BAGGAGE].iter().for_each(&mut pass);
            }
            put(&PARENT, format!("00-{}-{}-01", hex(&ids.trace), hex(&ids.span)).as_bytes());
        }
    }
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Trace, span, and whether it is sampled; `None` if what is there is no trace of version 0.
fn parent(headers: &HeaderMap) -> Option<([u8; 16], [u8; 8], bool)> {
    let mut stated = headers.get_all(PARENT).iter().map(HeaderValue::as_bytes);
    let (first, None) = (stated.next()?, stated.next()) else { return None };
    let mut parts = first.split(|byte| *byte == b'-');
    let (b"00", trace, span, flags, None) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next())
    else {
        return None;
    };
    let (trace, span): ([u8; 16], [u8; 8]) = (digits(trace)?, digits(span)?);
    let [flags] = digits(flags)?;
    (trace != [0; 16] && span != [0; 8]).then_some((trace, span, flags & 1 == 1))
}

fn digits<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_traceparent_is_gone_on_with() {
        let whole = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (text, expected) in [
            (whole, Some(true)),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", Some(false)),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", None),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", None),
            ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None),
            ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", None),
            ("00-0af7-b7ad6b7169203331-01", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(PARENT, text.parse().unwrap());
            assert_eq!(parent(&headers).map(|(_, _, sampled)| sampled), expected, "{text}");
            headers.append(PARENT, whole.parse().unwrap());
            assert_eq!(parent(&headers), None, "two are none");
        }
    }

    #[test]
    fn a_ratio_of_calls_is_followed_and_a_caller_decides_only_where_it_may() {
        let sample = Some("2/7".parse().unwrap());
        let seeing = Seeing { sample, ..Seeing::default() };
        let (none, mut asked) = (HeaderMap::new(), HeaderMap::new());
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        asked.insert(PARENT, parent.parse().unwrap());
        for headers in [&none, &asked] {
            let taken = (0..700).filter(|nth| seeing.trace(headers, *nth).is_some()).count();
            assert_eq!(taken, 200);
        }
        let accepts = Seeing { accept: true, ..seeing };
        let ids = accepts.trace(&asked, 3).unwrap();
        assert_eq!((hex(&ids.trace), ids.parent.map(|id| hex(&id))), {
            let trace = "0af7651916cd43dd8448eb211c80319c".to_string();
            (trace, Some("b7ad6b7169203331".to_string()))
        });
        assert_eq!(Seeing::default().trace(&asked, 0), None);
    }
}
