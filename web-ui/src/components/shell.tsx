import { useEffect } from "react";
import { Link, NavLink as RouterLink, Outlet, useLocation } from "react-router";
import { Anchor, AppShell, Burger, Group, NavLink, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useCluster, useHosts, useInstances } from "../cluster/cluster-context.js";
import { useObservable } from "../cluster/observable.js";
import { ConnectionNotice } from "../features/session/connection-notice.js";
import { UserMenu } from "../features/session/user-menu.js";
import { Brand } from "./brand.js";
import classes from "./shell.module.css";

/** The frame round every page of a signed-in user. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const session = useObservable(useCluster().session);
  useEffect(close, [pathname, close]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "sm", sm: "lg" }}
    >
      <a href="#main" className={classes["skip"]}>
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Toggle navigation"
            />
            <Anchor
              component={Link}
              to="/instances"
              underline="never"
              c="inherit"
              aria-label="Switchyard, to the instances"
            >
              <Brand />
            </Anchor>
            <Text c="dimmed" size="sm" truncate visibleFrom="xs">
              {session?.clusterName}
            </Text>
          </Group>
          <UserMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" component="nav" aria-label="Main">
        <MainLinks />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <ConnectionNotice />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function MainLinks() {
  const instances = useInstances();
  const hosts = useHosts();
  const running = instances?.filter((instance) => instance.status.state === "running").length;
  const connected = hosts?.filter((host) => host.connected).length;
  return (
    <>
      <MainLink to="/instances" label="Instances" count={instances && `${running} of ${instances.length}`} />
      <MainLink to="/hosts" label="Hosts" count={hosts && `${connected} of ${hosts.length}`} />
    </>
  );
}

function MainLink({ to, label, count }: { to: string; label: string; count: string | undefined }) {
  const { pathname } = useLocation();
  return (
    <NavLink
      component={RouterLink}
      to={to}
      label={label}
      active={pathname.startsWith(to)}
      rightSection={
        <Text size="xs" c="dimmed">
          {count}
        </Text>
      }
    />
  );
}

/** The heading of a page, with what can be done at its right end. */
export function PageHeader({ title, children }: { title: string; children?: React.ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Switchyard`;
  }, [title]);
  return (
    <Group justify="space-between" mb="md" gap="sm">
      <Title order={1} size="h2">
        {title}
      </Title>
      {children}
    </Group>
  );
}
