//! What crates above work out of a snapshot, once for as long as it lives.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Values by their types: whoever owns a type owns the place.
#[derive(Default)]
pub(crate) struct Derived(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Derived {
    /// The value of this type, made when it is first asked for. Two who ask at the same time may
    /// both make it, and get the same.
    pub(crate) fn get<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let kind = TypeId::of::<T>();
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&kind).cloned();
        let value = found.unwrap_or_else(|| {
            let value = Arc::new(make());
            let mut values = self.0.write().unwrap_or_else(PoisonError::into_inner);
            values.entry(kind).or_insert(value).clone()
        });
        value.downcast().expect("the value of a type is of that type")
    }
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derived").finish_non_exhaustive()
    }
}
