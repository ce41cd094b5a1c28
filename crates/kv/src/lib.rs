//! What may be forgotten: values with a lifetime, compare-and-swap, buckets.
