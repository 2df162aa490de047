import { API_ERRORS, type ApiError } from "../../api/api-error.ts";
import { STREAM_ERRORS, type StreamRefusal } from "../../streams/stream-request.ts";

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
const patternOf = (text: string): RegExp =>
  new RegExp(`^${escaped(text).replaceAll("%s", "[^]*")}$`);

/** By code: many share one. */
const API_FORMS = Map.groupBy(
  Object.values(API_ERRORS).map(({ status, code, text }) => {
    return { status, code: code as number, pattern: patternOf(text) };
  }),
  ({ code }) => code,
);
const STREAM_FORMS = Object.values(STREAM_ERRORS).map(({ code, text }) => {
  return { code, pattern: patternOf(text) };
});

/** Undefined for an error of the documented table, else what is wrong with it. */
export function unknownError(error: ApiError): string | undefined {
  const { status, code, message } = error;
  const forms = API_FORMS.get(code) ?? [];
  const isKnown = forms.some((form) => form.status === status && form.pattern.test(message));
  return isKnown ? undefined : `${status} ${code} ${message} is not documented`;
}

export function unknownRefusal(refusal: StreamRefusal): string | undefined {
  const { code, msg } = refusal.body();
  const isKnown = STREAM_FORMS.some((form) => form.code === code && form.pattern.test(msg));
  return isKnown ? undefined : `${code} ${msg} is not documented`;
}
