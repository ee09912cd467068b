//! XML, indented: a line for each tag; an element that holds text only has one line.

/// Steps of indentation, at most.
const MAX_INDENT: usize = 32;

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Open(&'t str),
    Close(&'t str),
    /// What stands alone: `<a/>`, comments, instructions.
    Alone(&'t str),
    Text(&'t str),
}

pub(super) fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let tokens = tokens(&text);
    let mut lines = Vec::new();
    let mut depth = 0_usize;
    let mut put = |depth: usize, text: &str| {
        let indent = "  ".repeat(depth.min(MAX_INDENT));
        let parts = text.lines().map(str::trim).filter(|part| !part.is_empty());
        lines.extend(parts.map(|part| format!("{indent}{part}")));
    };
    let mut rest = &tokens[..];
    loop {
        rest = match rest {
            [] => break,
            [Token::Open(a), Token::Text(t), Token::Close(z), more @ ..] if !t.contains('\n') => {
                put(depth, &format!("{a}{}{z}", t.trim()));
                more
            }
            [Token::Open(a), Token::Close(z), more @ ..] => {
                put(depth, &format!("{a}{z}"));
                more
            }
            [Token::Open(tag), more @ ..] => {
                put(depth, tag);
                depth += 1;
                more
            }
            [Token::Close(tag), more @ ..] => {
                depth = depth.saturating_sub(1);
                put(depth, tag);
                more
            }
            [Token::Alone(text) | Token::Text(text), more @ ..] => {
                put(depth, text);
                more
            }
        };
    }
    lines
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find('<').unwrap_or(rest.len());
        let (before, tag) = rest.split_at(start);
        if !before.trim().is_empty() {
            tokens.push(Token::Text(before));
        }
        let end = tag_end(tag);
        rest = &tag[end..];
        let tag = &tag[..end];
        match tag {
            "" => {}
            _ if tag.starts_with("</") => tokens.push(Token::Close(tag)),
            _ if tag.starts_with("<!") || tag.starts_with("<?") || tag.ends_with("/>") => {
                tokens.push(Token::Alone(tag));
            }
            _ => tokens.push(Token::Open(tag)),
        }
    }
    tokens
}

/// Behind the tag that a text begins with; all of it where the tag has no end.
fn tag_end(text: &str) -> usize {
    let behind = |end: &str| text.find(end).map(|at| at + end.len());
    let end = if text.starts_with("<!--") {
        behind("-->")
    } else if text.starts_with("<![CDATA[") {
        behind("]]>")
    } else if text.starts_with("<?") {
        behind("?>")
    } else {
        let mut quote = None;
        let is_end = |(_, b): &(usize, u8)| match (quote, b) {
            (None, b'"' | b'\'') => {
                quote = Some(*b);
                false
            }
            (Some(open), b) if open == *b => {
                quote = None;
                false
            }
            (quote, b) => quote.is_none() && *b == b'>',
        };
        text.bytes().enumerate().find(is_end).map(|(at, _)| at + 1)
    };
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_indented_and_nothing_is_left_out() {
        let text = "<?xml version='1.0'?><a x='>'><!-- <b> --><b>one</b><c/><d></d> tail\n more<e>x\ny</e><![CDATA[<z>]]></a>";
        let expected = "\
<?xml version='1.0'?>
<a x='>'>
  <!-- <b> -->
  <b>one</b>
  <c/>
  <d></d>
  tail
  more
  <e>
    x
    y
  </e>
  <![CDATA[<z>]]>
</a>";
        assert_eq!(lines(text.as_bytes()).join("\n"), expected);
    }

    #[test]
    fn what_is_no_xml_is_shown_as_it_is() {
        assert_eq!(lines(b"a < b"), ["a", "< b"]);
        assert_eq!(lines(b"</a></b><c"), ["</a>", "</b>", "<c"]);
        let deep = "<a>".repeat(100_000);
        assert_eq!(lines(deep.as_bytes()).len(), 100_000);
    }
}
