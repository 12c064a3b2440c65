// A certified OpenID provider with one client that authenticates by private_key_jwt; settings are one JSON argument.
import http from "node:http";
import Provider from "oidc-provider";

const { issuer, port, keys, client, scope, audience } = JSON.parse(process.argv[2]);

const provider = new Provider(issuer, {
  jwks: { keys },
  scopes: scope.split(" "),
  clientAuthMethods: ["private_key_jwt"],
  enabledJWA: { clientAuthSigningAlgValues: ["RS512", "ES256"] },
  clients: [
    {
      ...client,
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "RS512",
      id_token_signed_response_alg: "PS256",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "urn:homeward:api",
      getResourceServerInfo: () => ({
        scope,
        audience,
        accessTokenFormat: "jwt",
        accessTokenTTL: 300,
        jwt: { sign: { alg: "PS256" } },
      }),
    },
  },
});

http.createServer(provider.callback()).listen(port, "127.0.0.1", () => console.log("ready"));
