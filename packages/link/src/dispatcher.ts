import {
  AppError,
  type AddressText,
  type AnyEvent,
  type AnyMessage,
  type AnyRequest,
  type ParamsOf,
  type PayloadOf,
  type ResultOf,
} from "@switchyard/protocol";
import type { DispatcherOptions, HandlerContext, RequestOptions } from "./dispatcher-types.js";
import type { Frame } from "./frame.js";

/** Skeleton; the implementation follows. */
export class Dispatcher {
  constructor(_options: DispatcherOptions) {}
  addMessages(_messages: readonly AnyMessage[]): void {}
  request<M extends AnyRequest>(
    _message: M,
    _params: ParamsOf<M>,
    _options: RequestOptions,
  ): Promise<ResultOf<M>> {
    return Promise.reject(new AppError("internal", { reason: "not built yet" }));
  }
  emit<M extends AnyEvent>(
    _message: M,
    _payload: PayloadOf<M>,
    _options: { to: AddressText; from?: AddressText },
  ): void {}
  handle<M extends AnyRequest>(
    _message: M,
    _handler: (params: ParamsOf<M>, context: HandlerContext) => Promise<ResultOf<M>> | ResultOf<M>,
  ): () => void {
    return () => {};
  }
  on<M extends AnyEvent>(
    _message: M,
    _listener: (payload: PayloadOf<M>, context: HandlerContext) => void | Promise<void>,
  ): () => void {
    return () => {};
  }
  accept(_frame: Frame, _extra?: { user?: string }): void {}
  failPending(_to: (destination: AddressText) => boolean, _reason: AppError): void {}
  abortFrom(_source: AddressText): void {}
  close(): void {}
}
