package dev.bakehouse.coordinator;

/// What a step came to, or whether one may start.
enum Mark {
  PENDING,
  GOOD,
  BAD,
  /// Cancelled by somebody: no allowance for failures makes it good.
  STOPPED;

  /// Tells a failure at once.
  Mark and(Mark other) {
    if (this == STOPPED || other == STOPPED) {
      return STOPPED;
    }
    return this == BAD || other == BAD ? BAD : this == PENDING ? PENDING : other;
  }

  /// Pending while either is, so that both have ended when it is told.
  Mark with(Mark other) {
    return this == PENDING || other == PENDING ? PENDING : and(other);
  }

  /// A failure that does not matter.
  Mark forgiven(boolean yes) {
    return yes && this == BAD ? GOOD : this;
  }
}
