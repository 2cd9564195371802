import { Group, Text } from "@mantine/core";

export function Brand() {
  return (
    <Group gap={8} wrap="nowrap">
      <svg width="28" height="28" viewBox="0 0 32 32" fill="none" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#1f2328" />
        <path
          d="M6 23h20M6 9h6c5 0 6 14 12 14M20 9h6"
          stroke="#f08c00"
          strokeWidth="3"
          strokeLinecap="round"
        />
      </svg>
      <Text component="span" fw={700} size="lg">
        Switchyard
      </Text>
    </Group>
  );
}
