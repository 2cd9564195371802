import { useCallback, useEffect, useState } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { ClusterClient } from "./cluster/cluster-client.js";
import { ClusterProvider } from "./cluster/cluster-context.js";
import { useObservable } from "./cluster/observable.js";
import { isSignedIn } from "./cluster/session-http.js";
import { ErrorAlert } from "./components/error-alert.js";
import { Shell } from "./components/shell.js";
import { HostsPage } from "./features/hosts/hosts-page.js";
import { InstancePage } from "./features/instances/instance-page.js";
import { InstancesPage } from "./features/instances/instances-page.js";
import { LoadingPage, SignInPage } from "./features/session/sign-in-page.js";

type Access = "asking" | "signed-in" | "signed-out";

/** Decides between signing in and the panel. */
export function App() {
  const isSignInLink = location.pathname === "/sign-in";
  const [access, setAccess] = useState<Access>(isSignInLink ? "signed-out" : "asking");
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    if (access !== "asking") return;
    isSignedIn().then((isIn) => setAccess(isIn ? "signed-in" : "signed-out"), setError);
  }, [access]);
  const onSignedIn = useCallback(() => {
    if (location.pathname === "/sign-in") history.replaceState(null, "", "/instances");
    setAccess("signed-in");
  }, []);
  const onSignedOut = useCallback(() => setAccess("signed-out"), []);

  if (error !== undefined) return <ErrorAlert error={error} />;
  if (access === "asking") return <LoadingPage />;
  if (access === "signed-out") return <SignInPage onSignedIn={onSignedIn} />;
  return <Panel onSignedOut={onSignedOut} />;
}

function Panel({ onSignedOut }: { onSignedOut: () => void }) {
  const [cluster, setCluster] = useState<ClusterClient | undefined>(undefined);
  useEffect(() => {
    const client = new ClusterClient(location.origin);
    client.start();
    setCluster(client);
    return () => void client.close();
  }, []);
  if (!cluster) return <LoadingPage />;
  return (
    <ClusterProvider value={cluster}>
      <SignOutWhenRefused cluster={cluster} onSignedOut={onSignedOut} />
      <BrowserRouter>
        <Routes>
          <Route element={<Shell />}>
            <Route path="/instances" element={<InstancesPage />} />
            <Route path="/instances/:instanceId" element={<InstancePage />} />
            <Route path="/hosts" element={<HostsPage />} />
            <Route path="*" element={<Navigate to="/instances" replace />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </ClusterProvider>
  );
}

/** A session that was revoked or has expired leads back to the sign-in page. */
function SignOutWhenRefused({ cluster, onSignedOut }: { cluster: ClusterClient; onSignedOut: () => void }) {
  const { state, reason } = useObservable(cluster.status);
  useEffect(() => {
    if (state === "refused" && reason?.status === 401) onSignedOut();
  }, [state, reason, onSignedOut]);
  return null;
}
