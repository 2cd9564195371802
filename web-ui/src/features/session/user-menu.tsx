import { Button, Menu, useMantineColorScheme } from "@mantine/core";
import { useCluster } from "../../cluster/cluster-context.js";
import { useObservable } from "../../cluster/observable.js";
import { signOut } from "../../cluster/session-http.js";

const SCHEMES = [
  ["auto", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const;

export function UserMenu() {
  const session = useObservable(useCluster().session);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={200} withinPortal>
      <Menu.Target>
        <Button variant="default" size="xs" aria-label={`User menu: ${session?.user ?? ""}`}>
          {session?.user ?? "…"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Appearance</Menu.Label>
        {SCHEMES.map(([scheme, label]) => (
          <Menu.Item
            key={scheme}
            onClick={() => setColorScheme(scheme)}
            aria-current={colorScheme === scheme}
            rightSection={colorScheme === scheme ? "✓" : undefined}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>Switchyard {session?.version}</Menu.Label>
        <Menu.Item onClick={() => void signOut().finally(() => location.assign("/sign-in"))}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
