use super::*;

fn timeline(id: usize) -> Question {
    Question::Timeline { id: id.to_string() }
}

fn insights() -> Answer {
    Answer::Insights(Arc::default())
}

#[test]
fn few_are_asked_at_once_the_most_urgent_first_and_none_twice() {
    let (mut answers, now) = (Answers::default(), Instant::now());
    let needs: Vec<_> = (0..20).map(timeline).collect();
    let asked = answers.ask(&needs, 0, now);
    assert_eq!(asked, needs[..OPEN]);
    assert!(answers.ask(&needs, 0, now).is_empty());
    answers.take(needs[2].clone(), Ok(insights()), now);
    // What is needed by now is asked, not what was needed then.
    assert_eq!(answers.ask(&[timeline(99)], 0, now), [timeline(99)]);
    assert!(matches!(answers.get(&needs[2]), Known::Here(_)));
    assert!(matches!(answers.get(&needs[3]), Known::Nothing));
}

#[test]
fn what_failed_is_asked_again_later_each_time_unless_it_was_refused() {
    let (mut answers, mut now) = (Answers::default(), Instant::now());
    let fail = |passing| {
        Err(Failure {
            why: "down".into(),
            passing,
        })
    };
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        assert_eq!(answers.ask(&[timeline(1)], 0, now).len(), 1);
        answers.take(timeline(1), fail(true), now);
        assert!(answers.ask(&[timeline(1)], 0, now).is_empty());
        let due = answers.due().unwrap();
        assert_eq!(due - now, Duration::from_secs(seconds));
        assert!(matches!(answers.get(&timeline(1)), Known::Failed("down")));
        now = due;
    }
    assert_eq!(answers.ask(&[timeline(2)], 0, now).len(), 1);
    answers.take(timeline(2), fail(false), now);
    let later = now + SLOWEST * 9;
    assert!(answers.ask(&[timeline(2)], 0, later).is_empty());
    assert_eq!(answers.due(), None);
}

#[test]
fn figures_are_asked_again_when_cycles_came_and_not_too_often() {
    let (mut answers, now) = (Answers::default(), Instant::now());
    let needs = [Question::Status];
    assert_eq!(answers.ask(&needs, 1, now).len(), 1);
    answers.take(Question::Status, Ok(insights()), now);
    assert!(answers.ask(&needs, 1, now + FRESH * 9).is_empty());
    assert_eq!(answers.due(), None, "nothing happens, nothing is asked");
    assert!(answers.ask(&needs, 2, now).is_empty());
    assert_eq!(answers.due(), Some(now + FRESH));
    assert_eq!(answers.ask(&needs, 2, now + FRESH).len(), 1);
    assert!(
        matches!(answers.get(&needs[0]), Known::Here(_)),
        "the one before, meanwhile"
    );
}

#[test]
fn old_answers_are_forgotten() {
    let (mut answers, now) = (Answers::default(), Instant::now());
    for id in 0..1_000 {
        for question in answers.ask(&[timeline(id)], 0, now) {
            answers.take(question, Ok(insights()), now);
        }
    }
    assert_eq!(answers.slots.len(), KEPT);
    assert!(matches!(answers.get(&timeline(999)), Known::Here(_)));
    assert!(matches!(answers.get(&timeline(1)), Known::Nothing));
}

#[test]
fn few_pictures_are_kept_and_none_when_the_terminal_forgot_them() {
    let picture = |number| Question::Picture {
        id: "0bad-7".into(),
        number,
        encoded: false,
        room: (32, 12),
    };
    let drawn = crate::picture::tests::image(8, 8, image::ImageFormat::Png);
    let drawn = crate::picture::tests::blocks().picture(&drawn, (32, 12).into());
    let drawn = Answer::Picture(Arc::new(drawn.unwrap()));
    let mut answers = Answers::default();
    let now = Instant::now();
    for number in 0..20 {
        answers.ask(&[picture(number), Question::Status], 0, now);
        answers.take(picture(number), Ok(drawn.clone()), now);
        answers.take(Question::Status, Ok(insights()), now);
    }
    answers.ask(&[Question::Status], 0, now);
    let known = |answers: &Answers, number| matches!(answers.get(&picture(number)), Known::Here(_));
    let kept: Vec<_> = (0..20).filter(|number| known(&answers, *number)).collect();
    assert_eq!(kept, (12..20).collect::<Vec<_>>());
    answers.forget_pictures();
    assert!((0..20).all(|number| !known(&answers, number)));
    assert!(matches!(answers.get(&Question::Status), Known::Here(_)));
}
