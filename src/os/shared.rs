// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory that all processes of a server share.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64};

/// Types that may be in shared memory: atomics and nothing else. An atomic operation works on the memory itself and not on its
/// address, so it also works between processes (the C++ standard, [atomics.lockfree], calls this address-free, and the
/// lock-free atomics of Rust are those of C++). There is no lock that a dying process could hold.
///
/// # Safety
/// The type consists of lock-free atomics, holds no pointer, needs no `Drop`, and is valid when all its bytes are 0.
pub unsafe trait Shareable: Sync + 'static {}

// SAFETY: a lock-free atomic on the platforms of both servers.
unsafe impl Shareable for AtomicU32 {}
// SAFETY: as above.
unsafe impl Shareable for AtomicU64 {}
// SAFETY: as above.
unsafe impl Shareable for AtomicI64 {}
// SAFETY: an array of shareable values.
unsafe impl<T: Shareable, const N: usize> Shareable for [T; N] {}

/// Declares a struct that is [`Shareable`] because each of its fields is; one with another field does not compile.
macro_rules! shareable {
    ($(#[$about:meta])* $access:vis struct $name:ident {
        $($(#[$about_field:meta])* $field:ident: $kind:ty,)+
    }) => {
        $(#[$about])*
        #[derive(Debug)]
        $access struct $name {
            $($(#[$about_field])* $field: $kind,)+
        }

        #[allow(unsafe_code, reason = "the macro checks what it promises")]
        // SAFETY: it consists of its fields, each of which is shareable (checked below), and of padding.
        unsafe impl $crate::os::shared::Shareable for $name {}

        const _: () = {
            const fn check<T: $crate::os::shared::Shareable>() {}
            $(check::<$kind>();)+
        };
    };
}
pub(crate) use shareable;

/// A value in shared memory, all zeros at first. If it is made before fork, parent and children share it.
pub struct Shared<T: Shareable> {
    place: NonNull<T>,
    owns: PhantomData<T>,
}

// SAFETY: all access goes through `&T`, and `T` is `Sync`.
unsafe impl<T: Shareable> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Shareable> Sync for Shared<T> {}

impl<T: Shareable> Shared<T> {
    /// Maps the memory. An error if the system has none.
    pub fn new() -> io::Result<Self> {
        const { assert!(size_of::<T>() > 0 && align_of::<T>() <= PAGE) };
        Ok(Self {
            place: map(size_of::<T>(), 0)?.cast(),
            owns: PhantomData,
        })
    }
}

impl<T: Shareable> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: mapped until `drop`, aligned to a page, and zeros are a valid `T`.
        unsafe { self.place.as_ref() }
    }
}

impl<T: Shareable> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `new` made; other processes keep theirs.
        unsafe { libc::munmap(self.place.as_ptr().cast(), size_of::<T>()) };
    }
}

impl<T: Shareable + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// As [`Shared`], for a number of values that is known only at run time. A page uses memory from its first access on, a read too.
pub(crate) struct SharedSlice<T: Shareable> {
    place: NonNull<T>,
    len: usize,
    owns: PhantomData<T>,
}

// SAFETY: all access goes through `&[T]`, and `T` is `Sync`.
unsafe impl<T: Shareable> Send for SharedSlice<T> {}
// SAFETY: as above.
unsafe impl<T: Shareable> Sync for SharedSlice<T> {}

impl<T: Shareable> SharedSlice<T> {
    /// Maps the memory of `len` values, which may be 0. An error if the system does not have it.
    pub(crate) fn new(len: usize) -> io::Result<Self> {
        const { assert!(size_of::<T>() > 0 && align_of::<T>() <= PAGE) };
        let size = len
            .checked_mul(size_of::<T>())
            .filter(|size| isize::try_from(*size).is_ok())
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let place = if size == 0 {
            NonNull::dangling()
        } else {
            map(size, libc::MAP_NORESERVE)?.cast()
        };
        Ok(Self {
            place,
            len,
            owns: PhantomData,
        })
    }
}

impl<T: Shareable> SharedSlice<T> {
    /// Gives the memory back to the system, for all processes. The values become zeros. If the system refuses (the memory is locked),
    /// they stay.
    pub(crate) fn give_back(&self) {
        let size = self.len * size_of::<T>();
        if size > 0 {
            // SAFETY: the mapping is shared and anonymous and belongs to this value; other threads and processes that access it see
            // the old values or zeros, and both are a valid `T`.
            unsafe { libc::madvise(self.place.as_ptr().cast(), size, libc::MADV_REMOVE) };
        }
    }
}

impl<T: Shareable> Deref for SharedSlice<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` values are mapped until `drop` (none, and an aligned place, if it is 0), and zeros are a valid `T`.
        unsafe { std::slice::from_raw_parts(self.place.as_ptr(), self.len) }
    }
}

impl<T: Shareable> Drop for SharedSlice<T> {
    fn drop(&mut self) {
        let size = self.len * size_of::<T>();
        if size > 0 {
            // SAFETY: this is the mapping that `new` made; other processes keep theirs.
            unsafe { libc::munmap(self.place.as_ptr().cast(), size) };
        }
    }
}

impl<T: Shareable> fmt::Debug for SharedSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without its values: reading them all would use all the memory.
        write!(f, "SharedSlice({})", self.len)
    }
}

/// Maps `size` bytes of zeros, at the start of a page.
fn map(size: usize, more_flags: libc::c_int) -> io::Result<NonNull<libc::c_void>> {
    // SAFETY: a new anonymous mapping touches nothing that exists.
    let place = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS | more_flags,
            -1,
            0,
        )
    };
    NonNull::new(place)
        .filter(|place| place.as_ptr() != libc::MAP_FAILED)
        .ok_or_else(io::Error::last_os_error)
}

/// The smallest page of the platforms of both servers, in bytes.
const PAGE: usize = 4096;

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::Relaxed;

    use super::SharedSlice;

    #[test]
    fn a_slice_is_zeros_of_its_length() {
        let slice = SharedSlice::<AtomicU64>::new(3).expect("memory");
        assert!(slice.iter().all(|value| value.load(Relaxed) == 0));
        slice[2].store(7, Relaxed);
        assert_eq!((slice.len(), slice[2].load(Relaxed)), (3, 7));
        assert!(
            SharedSlice::<AtomicU64>::new(0)
                .expect("nothing")
                .is_empty()
        );
    }

    #[test]
    fn memory_that_was_given_back_is_zeros() {
        let slice = SharedSlice::<AtomicU64>::new(3).expect("memory");
        slice[2].store(7, Relaxed);
        slice.give_back();
        assert_eq!(slice[2].load(Relaxed), 0);
        slice[2].store(7, Relaxed);
        assert_eq!(slice[2].load(Relaxed), 7);
        SharedSlice::<AtomicU64>::new(0)
            .expect("nothing")
            .give_back();
    }

    #[test]
    fn a_slice_larger_than_the_address_space_is_an_error() {
        assert!(SharedSlice::<AtomicU64>::new(usize::MAX).is_err());
        assert!(SharedSlice::<AtomicU64>::new(usize::MAX / 16).is_err());
    }
}
