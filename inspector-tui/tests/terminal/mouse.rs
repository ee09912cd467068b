//! What is dragged with the mouse, and labels, which do without it.

use crate::pty::Pty;

/// The line from 1 that has a text.
#[track_caller]
fn line(pty: &Pty, text: &str) -> usize {
    let screen = pty.screen();
    let at = screen.lines().position(|line| line.contains(text));
    1 + at.expect(&screen)
}

fn opened() -> Pty {
    let mut pty = Pty::start(&[], 120, 40);
    pty.wait_for("No cycle yet");
    pty.open_first();
    pty
}

#[test]
fn borders_and_the_time_are_dragged() {
    let mut pty = opened();
    assert!(pty.has_drags());
    let border = line(&pty, "request at step 1 ");
    pty.drag((border, 40), &[(border + 2, 41), (border + 3, 42)]);
    let moved = |pty: &Pty| line(pty, "request at step 1 ") == border + 3;
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !moved(&pty) {
        assert!(std::time::Instant::now() < end, "{}", pty.screen());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let time = line(&pty, "  of 11.4 ms");
    pty.drag((time, 60), &[(time + 5, 90), (time + 9, 119)]);
    pty.wait_for("step 16/16");
    pty.drag((time + 2, 60), &[(time, 40), (time, 1)]);
    pty.wait_for("step 6/16");
    pty.type_keys("q");
    assert!(pty.ended_well());
}

#[test]
fn a_label_leads_to_a_cycle() {
    let mut pty = opened();
    let cycle = line(&pty, "/cart/items");
    pty.type_keys("g");
    pty.wait_for("type a label");
    let screen = pty.screen();
    let labelled = screen.lines().nth(cycle - 1).unwrap();
    let label: String = labelled.chars().skip(2).take(2).collect();
    pty.type_keys(label.trim());
    pty.wait_for("POST /cart/items ─");
    pty.wait_for("? help");
    pty.type_keys("q");
    assert!(pty.ended_well());
}
