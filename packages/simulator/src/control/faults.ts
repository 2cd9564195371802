/** Faults that tests and demos switch on through the control socket; all off at start. */
export class Faults {
  /** Every save halts this long with half of the file written. */
  delaySaveMs = 0;
  /** System error code that every save fails with, usually `ENOSPC`. */
  failSave: string | undefined;
  /** So many of the next commands lose their connection instead of being answered. */
  dropRcon = 0;
  /** Replies of one tick go out in reverse order. */
  reorderRcon = false;
  /** Commands arrive in network segments while players are online: long ones take many ticks (facts §4.5). */
  segmentPacing = false;
  /** Leaving players print no [LEAVE] line, as after a crash of their client. */
  missingLeave = false;

  /** Applies `fault NAME VALUE`; false for an unknown name or value. Process faults are not handled here. */
  set(name: string, value: string): boolean {
    const isOn = value === "on";
    const number = Number(value);
    const isNumber = Number.isFinite(number) && number >= 0;
    const isSwitch = isOn || value === "off";
    switch (name) {
      case "delay-save":
        if (isNumber) this.delaySaveMs = number;
        return isNumber;
      case "fail-save":
        this.failSave = value === "off" ? undefined : value;
        return value !== "";
      case "drop-rcon":
        if (isNumber) this.dropRcon = number;
        return isNumber;
      case "reorder-rcon":
        if (isSwitch) this.reorderRcon = isOn;
        return isSwitch;
      case "segment-pacing":
        if (isSwitch) this.segmentPacing = isOn;
        return isSwitch;
      case "missing-leave":
        if (isSwitch) this.missingLeave = isOn;
        return isSwitch;
      default:
        return false;
    }
  }
}
