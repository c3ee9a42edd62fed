//! Rust names for the vendor's names.

/// `ProductID` becomes `product_id`, `NwkSKey` `nwk_s_key`, `Type` `r#type`.
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let after_small = at > 0 && !chars[at - 1].is_uppercase();
        let before_small = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if c.is_uppercase() && at > 0 && (after_small || before_small) {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    if matches!(out.as_str(), "type" | "match" | "ref" | "use" | "mod" | "move" | "in") {
        format!("r#{out}")
    } else {
        out
    }
}

/// `ProductEntry` becomes `PRODUCT_ENTRY`.
pub fn constant(name: &str) -> String {
    snake(name).trim_start_matches("r#").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::{constant, snake};

    #[test]
    fn wire_names_become_rust_names() {
        let cases = [("ProductID", "product_id"), ("NwkSKey", "nwk_s_key"), ("Type", "r#type"), ("DevEUI", "dev_eui")];
        for (wire, rust) in cases {
            assert_eq!(snake(wire), rust);
        }
        assert_eq!(constant("ProductEntry"), "PRODUCT_ENTRY");
    }
}
