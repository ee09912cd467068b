//! What was recorded of bodies against what the kit's bodies gave.

use crate::{
    check::Verdict,
    drive::{Frame, Ran},
    hold,
    log::{Given, Label},
};
use onionskin::{
    testing::Recorded,
    wire::{Body, BodyEnd, MarkKind},
};
use std::collections::HashMap;

/// The hash of a body, as the wire has it.
fn hash(data: &[u8]) -> String {
    format!("{:016x}", twox_hash::XxHash64::oneshot(0, data))
}

pub fn check(bodies: &HashMap<Label, usize>, ran: &Ran, cycle: &Recorded) -> Verdict {
    for (label, index) in bodies {
        if let Label::Reel(id) = label {
            one(&ran.given[*id], &cycle.bodies[*index]).map_err(|what| {
                format!(
                    "body {index} ({label:?}): {what}\ngave {:?}\nrecorded {:?}",
                    ran.given[*id], cycle.bodies[*index]
                )
            })?;
        }
    }
    times(cycle)?;
    sent(ran, cycle)
}

/// The times of a body are those of the marks of its frames.
fn times(cycle: &Recorded) -> Verdict {
    for (index, body) in cycle.bodies.iter().enumerate() {
        let marks = cycle.marks.iter();
        let of_body = marks
            .filter(|mark| matches!(mark.what, MarkKind::BodyFrame { body, .. } if body == index));
        let at: Vec<_> = of_body.map(|mark| mark.t_ns).collect();
        let (first, last) = (at.first().copied(), at.last().copied());
        let times = (body.first_ns, body.last_ns);
        hold!(times == (first, last), "body {index} of {at:?}: {times:?}");
    }
    Ok(())
}

fn one(given: &Given, body: &Body) -> Verdict {
    hold!(body.len == given.data.len() as u64, "its length");
    hold!(body.frames == given.frames, "its frames");
    hold!(body.hash.as_deref() == Some(&hash(&given.data)), "its hash");
    if !body.redacted {
        hold!(body.head.0 == given.data, "its bytes");
    }
    let names = |h: &onionskin::wire::Header| h.name.clone();
    let trailers: Vec<_> = body.trailers.iter().map(names).collect();
    let gave: Vec<_> = given.trailers.iter().map(|(n, _)| n.clone()).collect();
    hold!(trailers == gave, "its trailers");
    for (trailer, (_, value)) in body.trailers.iter().zip(&given.trailers) {
        hold!(
            trailer.redacted || trailer.value.0 == *value,
            "a trailer's value"
        );
    }
    let end = match &body.end {
        BodyEnd::Complete => "complete",
        BodyEnd::Error { error } if error == crate::reel::BROKE => "broke",
        BodyEnd::Error { .. } => "broke with another error",
        _ => "cut",
    };
    let gave = match given {
        Given { broke: true, .. } => "broke",
        Given { said_end: true, .. }
        | Given {
            dropped_at_end: true,
            ..
        } => "complete",
        _ => "cut",
    };
    hold!(end == gave, "its end: {end} and not {gave}");
    Ok(())
}

/// The body that the last step shows is the one that the client got.
fn sent(ran: &Ran, cycle: &Recorded) -> Verdict {
    if ran.client.head.is_none() {
        return Ok(());
    }
    let last = cycle.steps.len() as u32 - 1;
    let response = cycle
        .replay()
        .response(last)
        .ok_or("no response at the end")?;
    let body = response.body.as_ref().and_then(|b| b.value.body);
    let mut got = Vec::new();
    for frame in &ran.client.frames {
        if let Frame::Data(data) = frame {
            got.extend_from_slice(data);
        }
    }
    match body {
        Some(index) => {
            let body = &cycle.bodies[index];
            let same = body.len == got.len() as u64 && body.hash.as_deref() == Some(&hash(&got));
            hold!(
                same,
                "the client got {:?}, the timeline ends with {body:?}",
                got.escape_ascii().to_string()
            );
        }
        None => hold!(
            got.is_empty(),
            "the client got {got:?}, the timeline says nothing"
        ),
    }
    Ok(())
}
