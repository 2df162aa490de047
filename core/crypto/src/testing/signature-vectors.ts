// Published vectors of both schemes. Long values are given by their ends.

export interface Ed25519Vector {
  readonly name: string;
  readonly seed: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

/** Source: RFC 8032, section 7.1. */
export const RFC8032_VECTORS: readonly Ed25519Vector[] = [
  {
    name: "TEST 1",
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    name: "TEST 2",
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    name: "TEST 3",
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

export interface MlDsaVector {
  readonly name: string;
  readonly seed: string;
  readonly publicKeyBegin: string;
  readonly publicKeyEnd: string;
  readonly message?: string;
  readonly signatureBegin?: string;
  readonly signatureEnd?: string;
}

export const MLDSA_VECTORS: readonly MlDsaVector[] = [
  {
    // Source: NIST ACVP server, ML-DSA-keyGen-FIPS204.
    name: "NIST ACVP ML-DSA-65 key generation, tcId 26",
    seed: "8ab6448bf58f897d528a8de9f8e59329ac929a9cde7edf3e27e01bc9ef128a67",
    publicKeyBegin: "49de190622b0681761a9db044015bf812760429001fdff5fc897166546277e84",
    publicKeyEnd: "95b29744763675bbabebdce1b816769d66f9bc72de319e1ec39e8f979e49b61c",
  },
  {
    // Source: Wycheproof, mldsa_65_sign_seed_test.json; the signature is the deterministic one.
    name: "Wycheproof ML-DSA-65 signing from a seed, tcId 1",
    seed: "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a",
    publicKeyBegin: "f5408337d0fee65c28851226a5fa81b58464632c78e2a9bef70d330f2e3a5f74",
    publicKeyEnd: "f47c4f219d3a2cb0176bc2236455123c1c5da714ad29d580fb194f87173a18dc",
    message: "48656c6c6f20776f726c64",
    signatureBegin: "69da5aec6d5f58fbf29439c520bd68b966e3dd2ca633b68351c2862344713a1e",
    signatureEnd: "7fb7cee40e1d565e6566697e8f9300000000000000000000000005101318212b",
  },
];
