//! Answers of the right types that make no sense: nothing panics, whatever keys are pressed, at any size.

use super::tests::draw;
use crate::{
    app::App,
    ask::{Answer, Failure, Question},
    event::{Event, News},
    testing::{answer_to, connected, every, listed, live, press},
    theme::Theme,
};
use crossterm::event::KeyCode;
use onionskin_web::model::LiveEvent;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{sync::Arc, time::Instant};

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }

    /// Another value of the same type, where it has one.
    fn spoil(&mut self, value: &mut Value) {
        match value {
            Value::Number(_) => {
                let numbers = [
                    0,
                    1,
                    255,
                    70_000,
                    u32::MAX.into(),
                    i64::MAX as u64,
                    u64::MAX,
                ];
                *value = numbers[self.roll(numbers.len())].into();
            }
            Value::String(text) => {
                *text = match self.roll(3) {
                    0 => String::new(),
                    1 => "\u{1b}[2J\u{202e}本\n".repeat(300),
                    _ => text.chars().rev().collect(),
                }
            }
            Value::Bool(value) => *value = !*value,
            Value::Array(values) => match self.roll(3) {
                0 => values.clear(),
                1 => values.reverse(),
                _ => values.extend(values.clone()),
            },
            Value::Null | Value::Object(_) => {}
        }
    }

    /// The value with some of what is in it spoiled; none: it is of its type no more.
    fn spoiled<T: Serialize + DeserializeOwned>(&mut self, whole: &T) -> Option<T> {
        let mut json = serde_json::to_value(whole).unwrap();
        for _ in 0..=self.roll(4) {
            let mut all = Vec::new();
            pointers(&json, String::new(), &mut all);
            let at = &all[self.roll(all.len())];
            self.spoil(json.pointer_mut(at).unwrap());
        }
        serde_json::from_value(json).ok()
    }

    fn answer(&mut self, answer: Answer) -> Option<Answer> {
        Some(match answer {
            Answer::Timeline(it) => Answer::Timeline(Arc::new(self.spoiled(&*it)?)),
            Answer::Step(it) => Answer::Step(Arc::new(self.spoiled(&*it)?)),
            // Made here, of bytes that were decoded.
            Answer::Picture(it) => Answer::Picture(it),
            Answer::Body(it) => Answer::Body(Arc::new(self.spoiled(&*it)?)),
            Answer::Spans(it) => Answer::Spans(Arc::new(self.spoiled(&*it)?)),
            Answer::Insights(it) => Answer::Insights(Arc::new(self.spoiled(&*it)?)),
            Answer::Compare(it) => Answer::Compare(Arc::new(self.spoiled(&*it)?)),
            Answer::Map(it) => Answer::Map(Arc::new(self.spoiled(&*it)?)),
            Answer::RunInsights(it) => Answer::RunInsights(Arc::new(self.spoiled(&*it)?)),
            Answer::Status(it) => Answer::Status(Arc::new(self.spoiled(&*it)?)),
            Answer::Apps(it) => Answer::Apps(Arc::new(self.spoiled(&*it)?)),
        })
    }
}

fn pointers(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                pointers(value, format!("{here}/{at}"), all);
            }
        }
        Value::Object(values) => {
            for (name, value) in values {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(value, format!("{here}/{name}"), all);
            }
        }
        _ => {}
    }
    all.push(here);
}

/// Answers what is asked, now and then with nonsense.
fn answer(app: &mut App, dice: &mut Dice) {
    for _ in 0..9 {
        let questions = app.questions(Instant::now());
        for question in questions {
            let result = spoiled_answer(&question, dice).ok_or_else(|| Failure {
                why: "not understood".into(),
                passing: true,
            });
            app.update(Event::News(News::Answered { question, result }));
        }
    }
}

fn spoiled_answer(question: &Question, dice: &mut Dice) -> Option<Answer> {
    let good = answer_to(question, &every())?;
    match dice.roll(3) {
        0 => Some(good),
        _ => dice.answer(good),
    }
}

const KEYS: &str = "lllhlj]e[Ek nNvVmjj>>>cCyY12345?x:f.";

#[test]
fn answers_that_make_no_sense_are_shown_all_the_same() {
    let cycles = every();
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let mut app = connected();
        for (at, cycle) in cycles.iter().enumerate() {
            let good = LiveEvent::Cycle(Box::new(listed(at as u64 + 1, cycle)));
            if let Some(event) = dice.spoiled(&good) {
                live(&mut app, event);
            }
        }
        for key in [KeyCode::Up, KeyCode::Up, KeyCode::Enter] {
            press(&mut app, key);
        }
        for _ in 0..30 {
            answer(&mut app, &mut dice);
            let key = match dice.roll(4) {
                0 => [KeyCode::Tab, KeyCode::Esc, KeyCode::Enter, KeyCode::End][dice.roll(4)],
                _ => KeyCode::Char(char::from(KEYS.as_bytes()[dice.roll(KEYS.len())])),
            };
            press(&mut app, key);
            let size = [(120, 40), (80, 24), (40, 10)][dice.roll(3)];
            draw(&app, size, Theme::new(true));
        }
    }
}
