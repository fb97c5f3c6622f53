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
