export { ApiError, NetworkError } from "./client-error.ts";
export {
  type Credentials,
  credentialsOf,
  ed25519Credentials,
  hmacCredentials,
  usableCredentials,
} from "./credentials.ts";
export {
  type Connection,
  keepConnected,
  type KeepOptions,
  type KeptConnection,
  reconnectDelayMs,
} from "./keep-connected.ts";
export { type Method, type Parameters, RestClient, type RestClientOptions } from "./rest-client.ts";
export {
  type MarketStreams,
  type MarketStreamsOptions,
  openMarketStreams,
  openWsApi,
  signParameters,
  type StreamMessage,
  type WsApi,
  type WsApiOptions,
} from "./sockets.ts";
