//! From two lists of headers to the edits between them.

use crate::wire::{Header, HeaderEdit};
use std::collections::{HashMap, HashSet};

/// The edits that make `new` of `old`, exactly: order and duplicates included.
///
/// They come in this order: values that changed in place, headers that went, headers that moved, headers that were added.
/// Few and natural for what code does to a [`http::HeaderMap`]: an append is one `Add`, an insert over a value one
/// `Change`, and `remove` a `Remove` with the `Move` of the last entry into the hole.
pub fn diff(old: &[Header], new: &[Header]) -> Vec<HeaderEdit> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[start..], &new[start..]);
    let same_end = old.iter().rev().zip(new.iter().rev());
    let end = same_end.take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }

    let partner = pair(old, new);
    let mut edits = Vec::new();
    for (i, from) in old.iter().enumerate() {
        if let Some(to) = partner[i].map(|j| &new[j]).filter(|to| *to != from) {
            edits.push(HeaderEdit::Change {
                at: start + i,
                from: from.clone(),
                to: to.clone(),
            });
        }
    }
    // What is left in the list, by place in `new`.
    let mut left = Vec::with_capacity(old.len());
    for (i, header) in old.iter().enumerate() {
        match partner[i] {
            Some(j) => left.push(j),
            None => edits.push(HeaderEdit::Remove {
                at: start + left.len(),
                header: header.clone(),
            }),
        }
    }
    reorder(&mut left, |from, at, j| {
        edits.push(HeaderEdit::Move {
            from: start + from,
            at: start + at,
            header: new[j].clone(),
        });
    });
    let mut kept = left.into_iter().peekable();
    for (j, header) in new.iter().enumerate() {
        if kept.next_if_eq(&j).is_none() {
            edits.push(HeaderEdit::Add {
                at: start + j,
                header: header.clone(),
            });
        }
    }
    edits
}

/// For each old header the new one that it became. Only headers of one name become each other.
fn pair(old: &[Header], new: &[Header]) -> Vec<Option<usize>> {
    let mut partner = vec![None; old.len()];
    let mut by_name: HashMap<&str, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (i, header) in old.iter().enumerate() {
        by_name.entry(&header.name).or_default().0.push(i);
    }
    for (j, header) in new.iter().enumerate() {
        if let Some((_, places)) = by_name.get_mut(&*header.name) {
            places.push(j);
        }
    }
    for (olds, news) in by_name.into_values() {
        if let ([i], [j]) = (&olds[..], &news[..]) {
            partner[*i] = Some(*j);
        } else {
            pair_one_name(old, new, &olds, &news, &mut partner);
        }
    }
    partner
}

/// Several values of one name: those that stayed, in order, then those that only moved, then what stands between the same
/// two that stayed counts as changed.
fn pair_one_name(
    old: &[Header],
    new: &[Header],
    olds: &[usize],
    news: &[usize],
    partner: &mut [Option<usize>],
) {
    let mut taken = vec![false; news.len()];
    let mut stayed = common(olds, news, |&i, &j| old[i] == new[j]);
    for &(a, b) in &stayed {
        partner[olds[a]] = Some(news[b]);
        taken[b] = true;
    }
    let mut free: HashMap<&Header, Vec<usize>> = HashMap::new();
    for b in (0..news.len()).rev().filter(|&b| !taken[b]) {
        free.entry(&new[news[b]]).or_default().push(b);
    }
    for &i in olds {
        if partner[i].is_none()
            && let Some(b) = free.get_mut(&old[i]).and_then(Vec::pop)
        {
            partner[i] = Some(news[b]);
            taken[b] = true;
        }
    }
    stayed.push((olds.len(), news.len()));
    let (mut a0, mut b0) = (0, 0);
    for (a1, b1) in stayed {
        let mut fresh = (b0..b1)
            .filter(|&b| !taken[b])
            .collect::<Vec<_>>()
            .into_iter();
        for &i in &olds[a0..a1] {
            if partner[i].is_none() {
                partner[i] = fresh.next().map(|b| news[b]);
            }
        }
        (a0, b0) = (a1 + 1, b1 + 1);
    }
}

/// A longest common subsequence, as pairs of places. Lists too long for that (nobody's real ones) get a common start only.
fn common<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    const TOO_LONG: usize = 1 << 16;
    if a.len() * b.len() > TOO_LONG {
        let start = a.iter().zip(b).take_while(|(x, y)| same(x, y)).count();
        return (0..start).map(|i| (i, i)).collect();
    }
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if same(&a[i], &b[j]) {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if same(&a[i], &b[j]) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Sorts `list` by as few moves as can be, telling each: from where, to where, what.
///
/// Where two sets of moves are equally few, the entries nearer to the end move, as `HeaderMap` moves its last.
fn reorder(list: &mut Vec<usize>, mut moved: impl FnMut(usize, usize, usize)) {
    if list.is_sorted() {
        return;
    }
    let stays = rising(list);
    let mut sorted = list.clone();
    sorted.sort_unstable();
    let mut before = None;
    for j in sorted {
        if !stays.contains(&j) {
            let place = |list: &[usize], of| list.iter().position(|&x| x == of);
            let from = place(list, j).expect("sorted from the same list");
            list.remove(from);
            let at = before.and_then(|b| place(list, b)).map_or(0, |p| p + 1);
            list.insert(at, j);
            moved(from, at, j);
        }
        before = Some(j);
    }
}

/// A longest rising subsequence; of several, the one whose members come first in the list.
fn rising(list: &[usize]) -> HashSet<usize> {
    // From the end to the start: `heads[n]` is the greatest first member of all rising runs of n + 1 members so far.
    let mut longest = vec![0_usize; list.len()];
    let mut heads: Vec<usize> = Vec::new();
    for (i, &x) in list.iter().enumerate().rev() {
        let runs = heads.partition_point(|&head| head > x);
        match heads.get_mut(runs) {
            Some(head) => *head = x,
            None => heads.push(x),
        }
        longest[i] = runs + 1;
    }
    let mut want = heads.len();
    let mut last = None;
    let mut members = HashSet::new();
    for (i, &x) in list.iter().enumerate() {
        if longest[i] == want && want > 0 && last.is_none_or(|l| x > l) {
            members.insert(x);
            last = Some(x);
            want -= 1;
        }
    }
    members
}
