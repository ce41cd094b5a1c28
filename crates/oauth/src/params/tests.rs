use super::{Params, ParamsError};

#[test]
fn values_are_decoded_and_empty_ones_are_absent() {
    let params = Params::parse("a=1%202&b=x+y&c=&d&").unwrap();
    assert_eq!(params.get("a"), Some("1 2"));
    assert_eq!(params.get("b"), Some("x y"));
    assert_eq!(params.get("c"), None);
    assert_eq!(params.get("d"), None);
    assert_eq!(params.get("e"), None);
}

#[test]
fn a_repeated_parameter_is_refused_however_it_is_written() {
    let repeated = |name: &str| Err(ParamsError::Repeated(name.to_owned()));
    assert_eq!(Params::parse("a=1&b=2&a=1"), repeated("a"));
    assert_eq!(Params::parse("client_id=a&client%5Fid=b"), repeated("client_id"));
    assert_eq!(Params::parse_all(&["a=1", "a=2"]), repeated("a"));
    assert_eq!(Params::parse("%22%0Aa=1&%22%0Aa=1"), repeated("a"));
}

#[test]
fn count_and_size_have_limits() {
    let many: Vec<_> = (0..65).map(|it| format!("p{it}=1")).collect();
    assert_eq!(Params::parse(&many.join("&")), Err(ParamsError::TooLarge));
    let long = format!("a={}", "x".repeat(64 * 1024));
    assert_eq!(Params::parse(&long), Err(ParamsError::TooLarge));
}
