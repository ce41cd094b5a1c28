//! Just enough BER (X.690) to read a request of LDAP and write its answer.

/// One element: its tag and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: u8,
    pub(super) content: Vec<u8>,
}

impl Element {
    /// The elements inside; nothing when they do not fill it exactly.
    pub(super) fn children(&self) -> Option<Vec<Self>> {
        let (mut children, mut rest) = (Vec::new(), self.content.as_slice());
        while !rest.is_empty() {
            let (child, length) = first(rest)?;
            children.push(child);
            rest = &rest[length..];
        }
        Some(children)
    }
}

/// The first element of some bytes and how many it takes; nothing until all of it is there.
pub(super) fn first(bytes: &[u8]) -> Option<(Element, usize)> {
    let (&tag, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = if short < 0x80 {
        (usize::from(short), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
        let value = digits
            .iter()
            .try_fold(0_usize, |sum, digit| Some(sum.checked_mul(256)? + usize::from(*digit)));
        (value?, rest)
    };
    let content = rest.get(..length)?.to_vec();
    Some((Element { tag, content }, bytes.len() - rest.len() + length))
}

pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().position(|it| *it != 0).unwrap_or(length.len() - 1)..];
    match digits {
        [only] if *only < 0x80 => bytes.push(*only),
        digits => {
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(u8::MAX));
            bytes.extend(digits);
        }
    }
    bytes.extend(content);
    bytes
}

pub(super) fn octets(text: &str) -> Vec<u8> {
    element(0x04, text.as_bytes())
}

/// An integer whose digits are known already.
pub(super) fn integer(digits: &[u8]) -> Vec<u8> {
    element(0x02, digits)
}

pub(super) fn enumerated(value: u8) -> Vec<u8> {
    element(0x0a, &[value])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let bytes = element(0x30, &content);
            assert_eq!(first(&bytes), Some((Element { tag: 0x30, content }, bytes.len())));
            assert_eq!(first(&bytes[..bytes.len() - 1]), None, "{length}: not all of it is there");
        }
    }

    #[test]
    fn children_fill_their_parent() {
        let parent = Element { tag: 0x30, content: [octets("a"), enumerated(3)].concat() };
        let children = parent.children().unwrap();
        assert_eq!(children[0], Element { tag: 4, content: b"a".to_vec() });
        assert_eq!(children[1], Element { tag: 10, content: vec![3] });
        assert_eq!(Element { tag: 0x30, content: vec![4, 9, 1] }.children(), None);
    }
}
