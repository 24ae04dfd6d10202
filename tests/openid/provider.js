// An OpenID provider for tests: one client, two people, codes with PKCE only. Prints its address once it listens.
//
//     node --input-type=module - RETURN_ADDRESS <provider.js
//
// Its pages are the library's own for development: whoever types a login is that person, by any password.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [returnAddress] = process.argv.slice(2);

const people = {
  ada: { email: 'ada@lab.example', email_verified: true, name: 'Ada', groups: ['capacity'] },
  eve: { email: 'op@lab.example', email_verified: false, name: 'Eve', groups: [] },
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'charterparty',
      client_secret: 'a secret of the test, no secret',
      redirect_uris: [returnAddress],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    cookies: { keys: ['a key of the test'] },
    findAccount: (_, id) => people[id] && {
      accountId: id,
      claims: async () => ({ sub: id, ...people[id] }),
    },
    pkce: { required: () => true },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
