import { isSigningFault, type SigningFaultDetail } from "../signing-fault.ts";

/** The detail of the fault that `promise` rejects with. Anything else fails the test. */
export async function faultOf(promise: Promise<unknown>): Promise<SigningFaultDetail> {
  try {
    await promise;
  } catch (error) {
    if (isSigningFault(error)) return error.detail;
    throw error;
  }
  throw new Error("expected a signing fault, but it resolved");
}
