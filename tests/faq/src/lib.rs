//! The support FAQ as acceptance tests: files by subject, one or more functions `faq_NN_...` per row of spec/faq.md,
//! through the public interfaces only, against the real binary.
