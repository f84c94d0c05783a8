import { Kbd, Modal, Table } from '@mantine/core'

const rows = [
  [['/'], 'Search the views on this page'],
  [['g', 'o'], 'Overview'],
  [['g', 'l'], 'Lineage'],
  [['g', 'a'], 'Activity'],
  [['Tab'], 'From one thing to the next; Enter opens it'],
  [['Esc'], 'Close what is open; empty the search'],
  [['?'], 'This help'],
] as const

export function Help({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Table withRowBorders={false}>
        <Table.Tbody>
          {rows.map(([keys, text]) => (
            <Table.Tr key={text}>
              <Table.Td w={110}>
                {keys.map((key, index) => (
                  <span key={key}>
                    {index > 0 && ' then '}
                    <Kbd>{key}</Kbd>
                  </span>
                ))}
              </Table.Td>
              <Table.Td>{text}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
