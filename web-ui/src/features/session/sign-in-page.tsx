import { useEffect, useRef, useState } from "react";
import { Button, Center, Code, Loader, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { Brand } from "../../components/brand.js";
import { ErrorAlert } from "../../components/error-alert.js";
import { useAction } from "../../components/use-action.js";
import { signIn } from "../../cluster/session-http.js";

/** Signs in with the token of a one-time link, which is in the address's fragment, or with one that is typed in. */
export function SignInPage({ onSignedIn }: { onSignedIn: () => void }) {
  const { busy, error, run } = useAction();
  const [token, setToken] = useState("");
  const linkTried = useRef(false);

  useEffect(() => {
    document.title = "Sign in · Switchyard";
    const fromLink = new URLSearchParams(location.hash.slice(1)).get("token");
    if (fromLink === null || linkTried.current) return;
    linkTried.current = true;
    history.replaceState(null, "", location.pathname);
    run(() => signIn(fromLink).then(onSignedIn));
  }, [run, onSignedIn]);

  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder shadow="sm" p="xl" radius="md" w="100%" maw={440}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            run(() => signIn(token.trim()).then(onSignedIn));
          }}
        >
          <Stack>
            <Brand />
            <Title order={1} size="h3">
              Sign in
            </Title>
            <ErrorAlert error={error} />
            <PasswordInput
              label="API token or sign-in token"
              placeholder="swu_…"
              value={token}
              onChange={(event) => setToken(event.currentTarget.value)}
              autoComplete="off"
              autoFocus
              required
            />
            <Button type="submit" loading={busy} disabled={token.trim() === ""}>
              Sign in
            </Button>
            <Text size="sm" c="dimmed">
              No token? On the controller’s machine, a new sign-in link comes from{" "}
              <Code>switchyardctl user create-sign-in-link admin</Code>
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}

export function LoadingPage() {
  return (
    <Center mih="100dvh">
      <Loader aria-label="Loading" />
    </Center>
  );
}
