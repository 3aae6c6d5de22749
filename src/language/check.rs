//! Whether a language says all that the widget says: nothing more, nothing less, with the same values.
