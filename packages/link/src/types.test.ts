import { Type } from "typebox";
import { defineEvent, defineRequest } from "@switchyard/protocol";
import type { Dispatcher } from "./dispatcher.js";

const Count = defineRequest({
  name: "test.count",
  from: ["control"],
  to: "controller",
  permission: null,
  params: Type.Object({ upTo: Type.Integer(), by: Type.Optional(Type.Integer()) }),
  result: Type.Object({ numbers: Type.Array(Type.Integer()) }),
});
const Counted = defineEvent({
  name: "test.counted",
  from: [],
  to: "control",
  permission: null,
  payload: Type.Object({ total: Type.Integer() }),
});

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Takes a value whose type is exactly `Expected`. */
function exactly<Expected>() {
  return <Actual>(_value: Actual & (Equals<Actual, Expected> extends true ? unknown : never)): void => {};
}

/** Never called: what is shown is that it compiles, and that the marked lines do not. */
function uses(dispatcher: Dispatcher): void {
  const answer = dispatcher.request(Count, { upTo: 3 }, { to: "controller" });
  exactly<Promise<{ numbers: number[] }>>()(answer);
  // @ts-expect-error a param is missing
  void dispatcher.request(Count, {}, { to: "controller" });
  // @ts-expect-error a param has the wrong type
  void dispatcher.request(Count, { upTo: "3" }, { to: "controller" });
  // @ts-expect-error an event is not a request
  void dispatcher.request(Counted, { total: 1 }, { to: "controller" });
  dispatcher.handle(Count, ({ upTo, by }) => {
    exactly<number>()(upTo);
    exactly<number | undefined>()(by);
    // @ts-expect-error it is optional
    exactly<number>()(by);
    return { numbers: [upTo] };
  });
  // @ts-expect-error the result does not fit
  dispatcher.handle(Count, () => ({ numbers: ["1"] }));
  dispatcher.on(Counted, ({ total }) => {
    exactly<number>()(total);
  });
  // @ts-expect-error the payload does not fit
  dispatcher.emit(Counted, { total: "1" }, { to: "controls" });
}

describe("the types of messages", () => {
  it("are inferred from their schemas in requests, handlers, events and listeners", () => {
    void uses;
  });
});
