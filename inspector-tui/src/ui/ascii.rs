//! The picture for a terminal that knows ASCII only.

use ratatui::buffer::Buffer;

/// Puts something of ASCII in the place of every sign that is not. Bars stay bars; a letter that has no stand-in is a `?`.
pub(super) fn translate(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let sign = cell.symbol().chars().next().map_or(' ', stand_in);
        cell.set_char(sign);
    }
}

fn stand_in(c: char) -> char {
    match c {
        '─' | '╌' => '-',
        '│' | '▏' | '▕' | '┊' | '‖' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => '+',
        '█' | '▉' | '▊' | '▋' | '▌' | '▐' | '▇' | '▆' | '▅' => '#',
        '▍' | '▎' => '|',
        '▓' => '%',
        '▒' | '░' => ':',
        '▁' | '▂' => '.',
        '▃' | '▄' => 'o',
        '▶' | '→' => '>',
        '←' => '<',
        '↑' => '^',
        '↓' => 'v',
        '◇' | '◆' => '*',
        '•' | '●' => 'o',
        '◌' => '.',
        '·' => '.',
        '…' => '~',
        '✗' => 'x',
        '×' => 'x',
        '≠' => '!',
        'µ' => 'u',
        _ => '?',
    }
}
