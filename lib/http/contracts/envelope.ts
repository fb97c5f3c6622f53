/** The envelope around every answer of the API, and what the contracts of all routes share. */
import { z } from "@hono/zod-openapi";

/** `{"success":true,"data":…}` */
export type SuccessEnvelope<Data extends z.ZodType> = z.ZodObject<
  { success: z.ZodLiteral<true>; data: Data }
>;

/** `{"success":false,"error":"…","request_id":"…"}` */
export const ErrorEnvelope = z.object({
  success: z.literal(false),
  error: z.string().openapi({ description: "What went wrong, and what to do next." }),
  request_id: z.string().openapi({ description: "Names this request in the log." }),
}).openapi("Error");

/** What the contract of an API route says about its answers. A type, since an interface has no index signature. */
export type EnvelopedResponses<Data extends z.ZodType> = {
  200: { description: string; content: { "application/json": { schema: SuccessEnvelope<Data> } } };
  "4XX": { description: string; content: { "application/json": { schema: typeof ErrorEnvelope } } };
};

/**
 * The answers of a route that follows the envelope.
 * @param description what the data is, for the OpenAPI document
 * @param data the schema of `data`
 * @returns the `responses` of a route contract
 */
export function enveloped<Data extends z.ZodType>(
  description: string,
  data: Data,
): EnvelopedResponses<Data> {
  return {
    200: {
      description,
      content: { "application/json": { schema: z.object({ success: z.literal(true), data }) } },
    },
    "4XX": {
      description: "The request cannot be served as it is.",
      content: { "application/json": { schema: ErrorEnvelope } },
    },
  };
}

/** The content of an answer that may come as events instead. A type, as above. */
type EventContent = { "text/event-stream": { schema: z.ZodString } };

/**
 * The answers of a route that can answer with server-sent events, too.
 * @param responses of {@linkcode enveloped}
 * @returns the `responses` of a route contract
 */
export function withEvents<Data extends z.ZodType>(
  responses: EnvelopedResponses<Data>,
): EnvelopedResponses<Data> & { 200: { content: EventContent } } {
  const { 200: success } = responses;
  const content = { ...success.content, "text/event-stream": { schema: z.string() } };
  return { ...responses, 200: { ...success, content } };
}
